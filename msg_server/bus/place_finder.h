#pragma once

#include <functional>
#include <optional>

#include "base/connection_table.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat {

/// Asks a login_server where clients that have to leave can go (TbPlacesReq): one question at a time, each answered
/// exactly once, with nothing where the link is lost or no answer comes within a second. Owned by the LoginServerBus;
/// the loop's thread only.
///
///   finder.ask(link, 20, [&](const std::optional<TbPlacesRsp>& places) { … });
///   finder.take(link, header.seq_num, answer);   // when it comes
class PlaceFinder {
 public:
  using Callback = std::function<void(const std::optional<TbPlacesRsp>& places)>;

  explicit PlaceFinder(TimerList& timers) : timer_(timers, [this] { finish(std::nullopt); }) {}

  /// The question before has been answered.
  void ask(Connection& link, uint32_t clients, Callback done);
  /// Counts only where it answers what was asked last: a late one comes too late.
  void take(const Connection& link, uint16_t seq_num, const TbPlacesRsp& places);
  void link_lost(ConnId link);

  static constexpr Tick kTimeoutMs = 1'000;

 private:
  void finish(const std::optional<TbPlacesRsp>& places);

  Timer timer_;
  Callback done_;
  ConnId link_ = ConnId::kNone;
  uint16_t seq_num_ = 0;
};

}  // namespace talkbeat
