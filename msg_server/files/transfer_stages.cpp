#include "msg_server/files/transfer_stages.h"

#include "base/check.h"

namespace talkbeat {

using IM::BaseDefine::ClientFileState;

ClientFileState state_of(TransferEnd end) {
  switch (end) {
    case TransferEnd::kDone:
      return IM::BaseDefine::CLIENT_FILE_DONE;
    case TransferEnd::kRefused:
      return IM::BaseDefine::CLIENT_FILE_REFUSE;
    case TransferEnd::kCancelled:
    case TransferEnd::kLost:
    case TransferEnd::kTimedOut:
    case TransferEnd::kFailed:
      return IM::BaseDefine::CLIENT_FILE_CANCEL;
  }
  CHECK(false);
}

void OnlineTransfer::join(Party party, Tick now) {
  present_[static_cast<size_t>(party)] = true;
  if (stage_ == Stage::kOver || !present(other(party))) return;
  stage_ = Stage::kRunning;
  since_ = now;
}

// Before both were there, either may still come back within the offer's time. Afterwards only the receiver may: what it
// has not got can be pulled again, from any offset.
void OnlineTransfer::leave(Party party, Tick now) {
  present_[static_cast<size_t>(party)] = false;
  switch (stage_) {
    case Stage::kOffered:
    case Stage::kOver:
      return;
    case Stage::kRunning:
      if (party == Party::kSender) {
        end_as(TransferEnd::kLost, now);
      } else {
        stage_ = Stage::kInterrupted;
        since_ = now;
      }
      return;
    case Stage::kInterrupted:
      end_as(TransferEnd::kLost, now);
      return;
  }
}

bool OnlineTransfer::say(Party party, ClientFileState state, Tick now) {
  if (stage_ == Stage::kOver) return false;
  switch (state) {
    case IM::BaseDefine::CLIENT_FILE_PEER_READY:
      return false;
    case IM::BaseDefine::CLIENT_FILE_CANCEL:
      end_as(TransferEnd::kCancelled, now);
      return true;
    case IM::BaseDefine::CLIENT_FILE_REFUSE:
      if (party != Party::kReceiver) return false;
      end_as(TransferEnd::kRefused, now);
      return true;
    case IM::BaseDefine::CLIENT_FILE_DONE:
      if (party != Party::kReceiver || stage_ != Stage::kRunning) return false;
      end_as(TransferEnd::kDone, now);
      return true;
  }
  CHECK(false);
}

void OnlineTransfer::progress(Tick now) {
  if (stage_ == Stage::kRunning) since_ = now;
}

void OnlineTransfer::nobody_comes(Tick now) {
  if (stage_ == Stage::kOffered || stage_ == Stage::kInterrupted) end_as(TransferEnd::kCancelled, now);
}

void OnlineTransfer::look_at_time(Tick now) {
  switch (stage_) {
    case Stage::kOffered:
    case Stage::kRunning:
      if (now - since_ >= waits_.peer_ms) end_as(TransferEnd::kTimedOut, now);
      return;
    case Stage::kInterrupted:
      if (now - since_ >= waits_.resume_ms) end_as(TransferEnd::kLost, now);
      return;
    case Stage::kOver:
      return;
  }
}

bool OnlineTransfer::forgettable(Tick now) const {
  if (stage_ != Stage::kOver) return false;
  return !untold() || end_ == TransferEnd::kTimedOut || now - since_ >= waits_.resume_ms;
}

void OnlineTransfer::end_as(TransferEnd end, Tick now) {
  stage_ = Stage::kOver;
  since_ = now;
  end_ = end;
}

}  // namespace talkbeat
