#include "msg_server/files/transfer_figures.h"

#include "base/check.h"

namespace talkbeat {

const char* to_string(TransferKind kind) {
  switch (kind) {
    case TransferKind::kOnline:
      return "online";
    case TransferKind::kUpload:
      return "upload";
    case TransferKind::kDownload:
      return "download";
  }
  CHECK(false);
}

const char* to_string(TransferEnd end) {
  switch (end) {
    case TransferEnd::kDone:
      return "done";
    case TransferEnd::kCancelled:
      return "cancelled";
    case TransferEnd::kRefused:
      return "refused";
    case TransferEnd::kLost:
      return "lost";
    case TransferEnd::kTimedOut:
      return "timed_out";
    case TransferEnd::kFailed:
      return "failed";
  }
  CHECK(false);
}

TransferFigures::TransferFigures(Metrics& metrics)
    : logins_refused(metrics.counter("talkbeat_file_logins_refused_total",
                                     "Connections for a file that were refused: no such task, or not this user's.")),
      expired(metrics.counter("talkbeat_files_expired_total", "Offline files deleted since nobody fetched them.")),
      orphans(metrics.counter("talkbeat_files_orphaned_total", "Files deleted that the store knows nothing of.")),
      disk_free(metrics.gauge("talkbeat_files_disk_free_bytes", "Room on the disk that holds files.path.")) {
  for (const TransferKind kind : {TransferKind::kOnline, TransferKind::kUpload, TransferKind::kDownload}) {
    const std::string name = to_string(kind);
    OfKind& figures = of(kind);
    figures.open = metrics.gauge("talkbeat_transfers_open", "File transfers under way or offered.", {{"kind", name}});
    figures.bytes = metrics.counter("talkbeat_transfer_bytes_total", "Bytes of files passed on.", {{"kind", name}});
    for (size_t end = 0; end < figures.ended.size(); ++end) {
      figures.ended[end] = metrics.counter("talkbeat_transfers_total", "File transfers that ended, and how.",
                                           {{"kind", name}, {"end", to_string(static_cast<TransferEnd>(end))}});
    }
  }
}

}  // namespace talkbeat
