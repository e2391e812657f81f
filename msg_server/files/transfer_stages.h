#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "proto/base_define.pb.h"

namespace talkbeat {

/// The two ends of a transfer.
enum class Party : uint8_t { kSender, kReceiver };

constexpr Party other(Party party) {
  return party == Party::kSender ? Party::kReceiver : Party::kSender;
}

/// How a transfer ended, whatever its kind. kLost: a connection ended. kFailed: the disk or the store.
enum class TransferEnd : uint8_t { kDone, kCancelled, kRefused, kLost, kTimedOut, kFailed };

/// What the other party is told of it.
IM::BaseDefine::ClientFileState state_of(TransferEnd end);

/// How far a transfer between two online users is, who of them is there, and what each may say. A pure core.
///
///   kOffered:      not both have connected yet
///   kRunning:      both are there
///   kInterrupted:  the receiver's connection was lost, and may come back
///   kOver:         it has ended; kept a while where a party that was not there has to hear how
///
///   OnlineTransfer transfer({.peer_ms = 300'000, .resume_ms = 60'000}, now);
///   transfer.join(Party::kSender, now);
///   if (!transfer.say(party, state, now)) return refused;
class OnlineTransfer {
 public:
  enum class Stage : uint8_t { kOffered, kRunning, kInterrupted, kOver };

  struct Waits {
    Tick peer_ms = 300'000;   ///< for both to connect, and for the next piece
    Tick resume_ms = 60'000;  ///< for a receiver whose connection was lost
  };

  OnlineTransfer(const Waits& waits, Tick now) : waits_(waits), since_(now) {}

  /// A connection of this party has logged in. Again (a new one for a lost one) changes nothing.
  void join(Party party, Tick now);
  /// The party's connection has ended.
  void leave(Party party, Tick now);
  /// False: not this party's to say, or not now; nothing has changed. CANCEL is either's at any time, REFUSE the
  /// receiver's at any time, DONE the receiver's while it runs.
  bool say(Party party, IM::BaseDefine::ClientFileState state, Tick now);
  /// Bytes have moved.
  void progress(Tick now);
  /// Nobody can connect any more: what waits for somebody is over.
  void nobody_comes(Tick now);
  /// Ends it where its time is up.
  void look_at_time(Tick now);

  Stage stage() const { return stage_; }
  bool present(Party party) const { return present_[static_cast<size_t>(party)]; }
  /// Only where it is over.
  TransferEnd end() const { return end_; }
  /// Over, and there is nobody left who has to hear of it.
  bool forgettable(Tick now) const;

 private:
  void end_as(TransferEnd end, Tick now);
  bool untold() const { return end_ != TransferEnd::kDone && (!present(Party::kSender) || !present(Party::kReceiver)); }

  Waits waits_;
  Stage stage_ = Stage::kOffered;
  Tick since_;  // the stage's begin, or the last progress
  std::array<bool, 2> present_{};
  TransferEnd end_ = TransferEnd::kDone;
};

}  // namespace talkbeat
