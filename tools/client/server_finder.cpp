#include "tools/client/server_finder.h"

#include <utility>

namespace talkbeat {

namespace {

using IM::BaseDefine::ResultType;

std::vector<Address> addresses_in(const IM::Login::IMMsgServRsp& answer, bool tls) {
  std::vector<Address> addresses;
  const uint32_t port = tls ? answer.tls_port() : answer.port();
  for (const std::string& text : {answer.prior_ip(), answer.backip_ip()}) {
    const auto ip = normal_ip(text);
    if (!ip || port == 0 || port > UINT16_MAX) continue;
    Address address{*ip, static_cast<uint16_t>(port)};
    if (addresses.empty() || addresses.front() != address) addresses.push_back(std::move(address));
  }
  return addresses;
}

std::string refusal(const IM::Login::IMMsgServRsp& answer, bool tls) {
  const ResultType code = answer.result_code();
  if (code == ResultType::REFUSE_REASON_NO_MSG_SERVER) return "no msg_server is running";
  if (code == ResultType::REFUSE_REASON_MSG_SERVER_FULL) return "all msg_servers are full";
  if (tls && answer.port() != 0) return "it named a msg_server that has no TLS";
  return "it named no msg_server";
}

}  // namespace

ServerFinder::ServerFinder(ClientNetwork& network, const ClientOptions& options, Done done)
    : network_(network),
      options_(options),
      done_(std::move(done)),
      dialer_(network.loop(), options.tcp, options.connect_timeout_ms,
              [this](Result<SocketHandle> socket) { on_dialed(std::move(socket)); }),
      index_(network.rng().below(options.login_servers.size())) {}

ServerFinder::~ServerFinder() {
  stop();
}

void ServerFinder::start() {
  stop();
  left_ = options_.login_servers.size();
  if (left_ == 0) {
    done_(Error{"no login_server is given"});
    return;
  }
  try_next();
}

void ServerFinder::stop() {
  dialer_.stop();
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kAnswered);
}

void ServerFinder::try_next() {
  --left_;
  distrusted_ = false;
  dialer_.dial(options_.login_servers[index_]);
}

void ServerFinder::on_dialed(Result<SocketHandle> socket) {
  if (!socket.ok()) {
    give_up(socket.message());
    return;
  }
  const LivenessPolicy policy{.handshake_timeout_ms = options_.connect_timeout_ms};
  Connection& connection = network_.adopt(socket.value(), options_.login_servers[index_], *this, policy);
  connection_ = connection.id();
  send_pdu(connection, IM::Login::IMMsgServReq(), 1);
}

Verdict ServerFinder::on_pdu(Connection&, const PduHeader& header, std::span<const std::byte> body,
                             google::protobuf::Arena&) {
  IM::Login::IMMsgServRsp answer;
  if (header.command_id != kCommandOf<IM::Login::IMMsgServRsp>) return Verdict::handled();
  if (!answer.ParseFromArray(body.data(), static_cast<int>(body.size()))) return kMalformedBody;
  std::vector<Address> addresses;
  if (answer.result_code() == ResultType::REFUSE_REASON_NONE) addresses = addresses_in(answer, network_.uses_tls());
  network_.release(std::exchange(connection_, ConnId::kNone), CloseReason::kAnswered);
  if (addresses.empty()) {
    give_up(refusal(answer, network_.uses_tls()));
  } else {
    done_(std::move(addresses));
  }
  return Verdict::handled();
}

void ServerFinder::on_closed(Connection& connection, CloseReason reason) {
  connection_ = ConnId::kNone;
  distrusted_ = was_distrusted(connection);
  if (reason == CloseReason::kTlsFailed) {
    give_up(words_for_lost(connection, reason));
  } else {
    give_up(reason == CloseReason::kHandshakeTimeout ? "no answer" : "it closed the connection");
  }
}

void ServerFinder::give_up(const std::string& why) {
  const std::string what = "login_server " + options_.login_servers[index_].to_string() + ": " + why;
  index_ = (index_ + 1) % options_.login_servers.size();
  if (left_ > 0) {
    try_next();
  } else {
    done_(Error{what});
  }
}

}  // namespace talkbeat
