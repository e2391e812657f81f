#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/file_handle.h"
#include "base/status.h"
#include "tools/client/file_offer.h"

namespace talkbeat {

/// A file that is being received. Its bytes gather in a part file in the directory; finish() gives it its name, and
/// never takes one that exists. A part that an earlier run has left is gone on with. Nothing is ever written outside of
/// the directory, whatever the sender calls the file. All calls block: for a worker; any one thread at a time.
///
///   Result<FileWriter> file = FileWriter::open(directory, offer);
///   file.value().write(file.value().size(), bytes);
///   Result<std::string> name = file.value().finish();   // "photo (1).png"
class FileWriter {
 public:
  /// Fails too where another process receives the same file into this directory.
  static Result<FileWriter> open(const std::filesystem::path& directory, const FileOffer& offer);

  /// So many bytes are there: go on behind them.
  uint32_t size() const { return size_; }
  /// Only where offset == size(), and never beyond the size that was offered.
  Status write(uint32_t offset, std::string_view bytes);
  /// All bytes are there: brings them to disk. Returns the name in the directory.
  Result<std::string> finish();
  /// The part goes: nobody wants the rest.
  void discard();

 private:
  FileWriter(FileHandle directory, std::string name, std::string part, uint32_t expected)
      : directory_(std::move(directory)), name_(std::move(name)), part_(std::move(part)), expected_(expected) {}

  Status begin();
  Status check(const char* what, int outcome) const;

  FileHandle directory_;
  FileHandle file_;
  std::string name_;
  std::string part_;
  uint32_t expected_;
  uint32_t size_ = 0;
};

}  // namespace talkbeat
