#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace talkbeat {

/// The task ids that this server makes: 32 lowercase hex digits. Nothing else ever becomes a part of a path.
bool is_task_id(std::string_view text);

/// Why the disk did not do what it was asked. kGone: the file is not there. kInUse: another process uploads it.
enum class DiskFault : uint8_t { kNone, kNoRoom, kNoDirectory, kGone, kInUse, kBroken };

/// What a person is told of it.
const char* to_string(DiskFault fault);

/// The bytes of the offline files: DIR/ab/abcd… for one that is complete, DIR/ab/abcd….part for one on its way. All
/// msg_servers of a machine share the directory; who writes a .part holds a lock on it, which ends with the process.
/// Blocking, and without a state of its own: runs in worker threads, with copies. File descriptors are the caller's.
///
///   FileDisk disk("run/files");
///   auto upload = disk.open_upload(task_id, size, min_free);       // goes on where it ended
///   disk.write(upload.fd, upload.offset, pieces);
///   disk.finish_upload(upload.fd, task_id);                        // safely there, under its own name
///   auto piece = disk.read(task_id, offset, count);
class FileDisk {
 public:
  explicit FileDisk(std::string directory) : directory_(std::move(directory)) {}

  /// Makes the directory where it is missing. Fails where that, or writing there, is not possible.
  Status prepare() const;

  struct Upload {
    DiskFault fault = DiskFault::kNone;
    int fd = -1;          ///< -1: a fault, or all is there under its own name already
    uint32_t offset = 0;  ///< what is there already
  };
  /// `min_free`: what must be left for others on the file system when the file is complete.
  Upload open_upload(std::string_view task_id, uint32_t size, uint64_t min_free) const;
  /// Whether these bytes leave `min_free` on the file system. Asked again for each write: other uploads, of other
  /// servers too, were opened with the same room in view.
  bool has_room(uint64_t bytes, uint64_t min_free) const { return free_bytes() >= bytes + min_free; }
  /// One piece behind the other from `offset` on.
  static DiskFault write(int fd, uint32_t offset, const std::vector<std::string>& pieces);
  /// Brings all to the disk itself and gives it its own name. The descriptor stays open.
  DiskFault finish_upload(int fd, std::string_view task_id) const;
  static void close(int fd);

  struct Piece {
    DiskFault fault = DiskFault::kNone;
    std::string bytes;
  };
  /// Just so many bytes of a complete file.
  Piece read(std::string_view task_id, uint32_t offset, uint32_t count) const;

  /// Deletes what there is of it.
  void remove(std::string_view task_id) const;

  /// The ids of all files, complete or not, that begin with this hex digit.
  std::vector<std::string> task_ids(char first_digit) const;
  uint64_t free_bytes() const;

 private:
  std::string folder_of(std::string_view task_id) const;
  std::string path_of(std::string_view task_id) const;
  std::string part_of(std::string_view task_id) const;

  std::string directory_;
};

}  // namespace talkbeat
