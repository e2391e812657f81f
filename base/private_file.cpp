#include "base/private_file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>

#include "base/file_handle.h"

namespace talkbeat {

namespace {

namespace fs = std::filesystem;

std::string name_of(uid_t user) {
  std::array<char, 4'096> memory{};
  passwd entry{};
  passwd* found = nullptr;
  std::string number = "uid " + std::to_string(user);
  if (::getpwuid_r(user, &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr) return number;
  return std::string(found->pw_name) + " (" + number + ")";
}

FileFacts facts_of(const std::string& path, const struct stat& info) {
  return {.path = path, .owner = info.st_uid, .mode = info.st_mode};
}

void add_parents(const fs::path& file, std::set<std::string>& directories) {
  for (fs::path at = file.parent_path(); directories.insert(at).second && at.has_relative_path();) {
    at = at.parent_path();
  }
}

// Of the name as it was given, and of the file where that name is a link.
std::vector<FileFacts> directories_above(const std::string& path) {
  std::set<std::string> names;
  std::error_code error;
  const fs::path directory = fs::canonical(fs::absolute(path, error).parent_path(), error);
  if (!error) add_parents(directory / "file", names);
  const fs::path target = fs::canonical(path, error);
  if (!error) add_parents(target, names);
  std::vector<FileFacts> facts;
  for (const std::string& name : names) {
    struct stat info {};
    if (::stat(name.c_str(), &info) == 0) facts.push_back(facts_of(name, info));
  }
  return facts;
}

Error missing_file(const std::string& path, const std::string& what, const std::string& hint) {
  return Error{path + ": there is no such file with the " + what + (hint.empty() ? "" : "; " + hint)};
}

Status judge_owner(const FileFacts& file, uid_t user, const std::string& what) {
  if (file.owner == user || file.owner == 0) return {};
  return Error{file.path + ": the " + what + " belongs to " + name_of(file.owner) + ", who could change it while " +
               name_of(user) + " relies on it; run chown " + std::to_string(user) + " " + file.path};
}

Status judge_mode(const FileFacts& file, uid_t user, FileTrust trust, const std::string& what) {
  if (trust == FileTrust::kSettings) {
    if ((file.mode & (S_IWGRP | S_IWOTH)) == 0) return {};
    return Error{file.path + ": others can change the " + what + "; run chmod go-w " + file.path};
  }
  const bool handed_out = file.owner == 0 && user != 0;
  const mode_t others = (S_IRWXG | S_IRWXO) & ~(handed_out ? mode_t{S_IRGRP} : mode_t{0});
  if ((file.mode & others) == 0) return {};
  const bool read = (file.mode & others & (S_IRGRP | S_IROTH)) != 0;
  return Error{file.path + ": others can " + (read ? "read" : "change") + " the " + what + "; run chmod 600 " +
               file.path};
}

}  // namespace

Status judge_file(const FileFacts& file, const std::vector<FileFacts>& directories, uid_t user, FileTrust trust,
                  const std::string& what) {
  if (Status status = judge_owner(file, user, what); !status.ok()) return status;
  if (Status status = judge_mode(file, user, trust, what); !status.ok()) return status;
  for (const FileFacts& directory : directories) {
    if ((directory.mode & S_IWOTH) == 0 || (directory.mode & S_ISVTX) != 0) continue;
    return Error{file.path + ": anybody can put another " + what + " in its place, since " + directory.path +
                 " is writable for everybody; run chmod o-w " + directory.path};
  }
  return {};
}

Status check_file(const std::string& path, FileTrust trust, const std::string& what) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  return judge_file(facts_of(path, info), directories_above(path), ::geteuid(), trust, what);
}

Result<std::string> read_secret_file(const std::string& path, size_t max_size, const std::string& what,
                                     const std::string& hint) {
  // Not blocking: a pipe of that name would keep the server from starting.
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid() && errno == ENOENT) return missing_file(path, what, hint);
  struct stat info {};
  if (!file.valid() || ::fstat(file.get(), &info) != 0) {
    return Error{path + ": the " + what + " cannot be read: " + std::strerror(errno)};
  }
  if (!S_ISREG(info.st_mode)) return Error{path + ": the " + what + " has to be a regular file"};
  const Status judged =
      judge_file(facts_of(path, info), directories_above(path), ::geteuid(), FileTrust::kSecret, what);
  if (!judged.ok()) return Error{judged.message()};
  std::string text;
  if (const int error = read_fully(file.get(), max_size + 1, 0, text); error != 0) {
    return Error{path + ": the " + what + " cannot be read: " + std::strerror(error)};
  }
  return text;
}

Status check_secrets(const std::vector<SecretFile>& secrets, bool may_be_missing) {
  for (const SecretFile& secret : secrets) {
    if (secret.path.empty()) continue;
    Status status = check_file(secret.path, FileTrust::kSecret, secret.what);
    const bool missing = ::access(secret.path.c_str(), F_OK) != 0 && errno == ENOENT;
    if (missing && !may_be_missing) status = missing_file(secret.path, secret.what, secret.hint);
    if (!status.ok()) return Error{secret.setting + ": " + status.message()};
  }
  return {};
}

}  // namespace talkbeat
