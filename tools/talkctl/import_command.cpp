#include "tools/talkctl/import_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "tools/talkctl/import_place.h"
#include "tools/talkctl/import_teamtalk.h"

namespace talkbeat {

namespace {

/// The dump as a file, or stdin.
class DumpFile {
 public:
  DumpFile() = default;
  ~DumpFile() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  DumpFile(const DumpFile&) = delete;
  DumpFile& operator=(const DumpFile&) = delete;

  Status open(const std::string& path) {
    fd_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info {};
    if (fd_ < 0 || ::fstat(fd_, &info) != 0) return Error{path + ": " + std::strerror(errno)};
    if (S_ISDIR(info.st_mode)) return Error{path + " is a directory"};
    if (S_ISREG(info.st_mode)) size_ = static_cast<uint64_t>(info.st_size);
    return {};
  }
  /// 0: not known.
  uint64_t size() const { return size_; }
  Result<size_t> read(std::span<char> into) {
    while (true) {
      const ssize_t got = ::read(fd_, into.data(), into.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Error{std::string("the dump cannot be read: ") + std::strerror(errno)};
      if (!begun_ && got > 0) {
        begun_ = true;
        if (const char* why = no_text(into.first(static_cast<size_t>(got)))) return Error{why};
      }
      return static_cast<size_t>(got);
    }
  }

 private:
  static const char* no_text(std::span<const char> begin) {
    const std::string_view text(begin.data(), begin.size());
    if (text.starts_with("\x1f\x8b")) return "the dump is compressed: unpack it first (gunzip)";
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
      return "the dump is in UTF-16: let mysqldump write the file itself (--result-file)";
    }
    return nullptr;
  }

  int fd_ = -1;
  uint64_t size_ = 0;
  bool begun_ = false;
};

/// Tells on a terminal how far it is, once that takes long enough to wonder.
class ImportProgress {
 public:
  ~ImportProgress() {
    if (shown_) std::cerr << "\r\x1b[K";
  }
  /// `total` 0: not known.
  void report(const std::string& what, uint64_t done, uint64_t total) {
    if (++calls_ % kEvery != 1 && done != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (::isatty(STDERR_FILENO) == 0 || now - told_ < std::chrono::seconds(1)) return;
    told_ = now;
    shown_ = true;
    std::cerr << "\r\x1b[K" << what;
    if (done != 0) std::cerr << ": " << done;
    if (total != 0) std::cerr << " of " << total;
    std::cerr << std::flush;
  }

 private:
  static constexpr uint64_t kEvery = 256;
  uint64_t calls_ = 0;
  bool shown_ = false;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

/// From the dump into the store that is being built.
Status build(DumpFile& dump, Database& database, ImportStaging& staging, ImportReport& report) {
  constexpr uint64_t kMiB = 1 << 20;
  ImportProgress progress;
  TeamTalkImport import(database, staging, report);
  uint64_t bytes = 0;
  const auto source = [&](std::span<char> into) {
    Result<size_t> got = dump.read(into);
    if (got.ok()) bytes += got.value();
    progress.report("MiB read", bytes / kMiB, dump.size() / kMiB);
    return got;
  };
  DumpReader reader(source, [&import](const DumpRow& row) { return import.take(row); });
  if (Status read = reader.read_all(); !read.ok()) return read;
  if (!report.has_read(kUserRows)) return Error{"there are no users in it (rows of IMUser)"};
  if (!reader.saw_completed()) {
    report.note("the dump has no last line \"Dump completed\": where it was made with comments, a part is missing");
  }
  return import.finish([&progress](const char* what, uint64_t done) { progress.report(what, done, 0); });
}

Status build_in(const ImportPlace& place, DumpFile& dump, ImportReport& report) {
  const auto database = place.open();
  if (!database.ok()) return Error{database.message()};
  // Sorting wants room for the messages: not in /tmp, which may be memory.
  const std::string directory = std::filesystem::absolute(place.scratch()).parent_path().string();
  ::setenv("SQLITE_TMPDIR", directory.c_str(), 1);
  const auto staging = ImportStaging::open(place.scratch());
  if (!staging.ok()) return Error{staging.message()};
  return build(dump, *database.value(), *staging.value(), report);
}

}  // namespace

Status import_teamtalk(const ImportOptions& options) {
  DumpFile dump;
  if (Status status = dump.open(options.dump); !status.ok()) return status;
  const auto place = ImportPlace::take(options.dir + "/talkbeat.db", !options.dry_run);
  if (!place.ok()) return Error{place.message()};
  ImportReport report;
  if (Status built = build_in(*place.value(), dump, report); !built.ok()) {
    return Error{options.dump + ": " + built.message() + "; nothing was imported"};
  }
  if (!options.dry_run) {
    if (Status replaced = place.value()->replace_store(); !replaced.ok()) return replaced;
  }
  std::cout << (options.json ? report.json(options.dry_run) : report.text(options.dry_run));
  return {};
}

}  // namespace talkbeat
