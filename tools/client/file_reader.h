#pragma once

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>

#include "base/file_handle.h"
#include "base/status.h"

namespace talkbeat {

/// A file that is being sent: read in pieces, wherever they are asked for. Fails as soon as the file changes, since the
/// receiver would get a mixture. All calls block: for a worker; any one thread at a time.
///
///   Result<FileReader> file = FileReader::open(path);
///   Result<std::string> piece = file.value().read(offset, 65'536);
class FileReader {
 public:
  /// Only ordinary files of up to 4 GiB - 1, which is what the protocol can name.
  static Result<FileReader> open(const std::filesystem::path& path);

  uint32_t size() const { return size_; }
  /// What the receiver is told: no directories.
  const std::string& name() const { return name_; }
  /// As many bytes as the file has there, `count` at most.
  Result<std::string> read(uint32_t offset, uint32_t count) const;

 private:
  FileReader(FileHandle file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}

  FileHandle file_;
  std::string name_;
  uint32_t size_ = 0;
  std::timespec changed_at_{};
};

}  // namespace talkbeat
