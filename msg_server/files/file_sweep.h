#pragma once

#include <string>
#include <vector>

#include "base/timer_list.h"
#include "msg_server/files/file_shelf.h"
#include "msg_server/files/transfer_figures.h"

namespace talkbeat {

/// Keeps the shelf of offline files tidy: every files.sweep_interval it deletes what has expired, and looks through a
/// sixteenth of the directory for files that the store knows nothing of (a process died between the two). Every
/// msg_server does so; who comes second finds nothing left. Owned by Transfers; the loop's thread only.
///
///   FileSweep sweep(loop, store, shelf, settings, figures);
///   sweep.start();
class FileSweep {
 public:
  FileSweep(EventLoop& loop, Store& store, FileShelf& shelf, const FileSettings& settings, TransferFigures& figures);

  void start() { timer_.start_every(settings_.sweep_interval_ms); }

 private:
  void sweep();
  void delete_expired();
  void delete_row(const OfflineFile& file);
  void look_for_orphans();
  void check_known(std::vector<std::string> task_ids);

  /// Rows that expire at once are deleted in portions, so that the store has room for others in between.
  static constexpr size_t kPortion = 100;

  EventLoop& loop_;
  Store& store_;
  FileShelf& shelf_;
  const FileSettings& settings_;
  TransferFigures& figures_;
  Timer timer_;
  size_t next_folder_ = 0;
};

}  // namespace talkbeat
