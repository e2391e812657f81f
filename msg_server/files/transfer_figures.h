#pragma once

#include <array>
#include <cstdint>

#include "base/metrics.h"
#include "msg_server/files/transfer_stages.h"

namespace talkbeat {

enum class TransferKind : uint8_t { kOnline, kUpload, kDownload };

const char* to_string(TransferKind kind);
const char* to_string(TransferEnd end);

/// The figures of file transfers, for /metrics.
class TransferFigures {
 public:
  explicit TransferFigures(Metrics& metrics);

  void began(TransferKind kind) { of(kind).open.add(1); }
  void ended(TransferKind kind, TransferEnd end) {
    of(kind).open.add(-1);
    of(kind).ended[static_cast<size_t>(end)].add();
  }
  void moved(TransferKind kind, size_t bytes) { of(kind).bytes.add(static_cast<double>(bytes)); }

  Counter logins_refused;
  Counter expired;
  Counter orphans;
  Gauge disk_free;

 private:
  struct OfKind {
    Gauge open;
    Counter bytes;
    std::array<Counter, 6> ended;
  };
  OfKind& of(TransferKind kind) { return kinds_[static_cast<size_t>(kind)]; }

  std::array<OfKind, 3> kinds_;
};

}  // namespace talkbeat
