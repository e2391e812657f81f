#include "msg_server/bus/place_finder.h"

#include <utility>

#include "base/pdu_protocol.h"

namespace talkbeat {

void PlaceFinder::ask(Connection& link, uint32_t clients, Callback done) {
  CHECK(!done_);
  done_ = std::move(done);
  link_ = link.id();
  timer_.start_once(kTimeoutMs);
  TbPlacesReq request;
  request.set_clients(clients);
  send_pdu(link, request, ++seq_num_);
}

void PlaceFinder::take(const Connection& link, uint16_t seq_num, const TbPlacesRsp& places) {
  if (link.id() == link_ && seq_num == seq_num_) finish(places);
}

void PlaceFinder::link_lost(ConnId link) {
  if (link == link_) finish(std::nullopt);
}

void PlaceFinder::finish(const std::optional<TbPlacesRsp>& places) {
  timer_.cancel();
  link_ = ConnId::kNone;
  if (const Callback done = std::exchange(done_, nullptr)) done(places);
}

}  // namespace talkbeat
