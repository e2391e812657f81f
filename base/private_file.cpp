#include "base/private_file.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <map>

#include "base/file_handle.h"

namespace talkbeat {

namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the kernel has it

std::string name_of(uid_t user) {
  std::array<char, 4'096> memory{};
  passwd entry{};
  passwd* found = nullptr;
  std::string number = "uid " + std::to_string(user);
  if (::getpwuid_r(user, &entry, memory.data(), memory.size(), &found) != 0 || found == nullptr) return number;
  return std::string(found->pw_name) + " (" + number + ")";
}

// Somebody else whose files belong to this group; also where that cannot be told. Who is in a directory service that
// does not list its people is not found.
bool has_other_user(gid_t group, uid_t owner) {
  std::array<char, 16'384> memory{};
  passwd entry{};
  passwd* found = nullptr;
  bool other = false;
  int error = 0;
  ::setpwent();
  while (!other && (error = ::getpwent_r(&entry, memory.data(), memory.size(), &found)) == 0) {
    other = entry.pw_gid == group && entry.pw_uid != owner;
  }
  ::endpwent();
  return other || error != ENOENT;
}

// Whether nobody else is in the owner's group: as where everybody has a group of the same name (umask 002).
bool is_private(gid_t group, uid_t owner) {
  std::array<char, 16'384> memory{};
  passwd user_entry{};
  passwd* user = nullptr;
  if (::getpwuid_r(owner, &user_entry, memory.data(), memory.size(), &user) != 0 || user == nullptr) return false;
  const std::string name = user->pw_name;
  if (user->pw_gid != group) return false;
  struct group group_entry {};
  struct group* found = nullptr;
  if (::getgrgid_r(group, &group_entry, memory.data(), memory.size(), &found) != 0 || found == nullptr) return false;
  if (found->gr_name != name) return false;
  for (char** member = found->gr_mem; *member != nullptr; ++member) {
    if (*member != name) return false;
  }
  return !has_other_user(group, owner);
}

FileFacts facts_of(const std::string& path, const struct stat& info) {
  return {.path = path, .owner = info.st_uid, .mode = info.st_mode};
}

// A secret is for its owner alone, whatever the group.
FileFacts facts_of(const std::string& path, const struct stat& info, FileTrust trust) {
  FileFacts facts = facts_of(path, info);
  const bool group_may_write = (info.st_mode & S_IWGRP) != 0;
  if (trust == FileTrust::kSettings && group_may_write && is_private(info.st_gid, info.st_uid)) facts.mode &= ~S_IWGRP;
  return facts;
}

// As the kernel goes: one name after the other, and where one is a link, what it says before the rest.
std::vector<FileFacts> way_to(const std::string& path) {
  std::map<std::string, FileFacts> way;
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  std::deque<fs::path> rest(whole.begin(), whole.end());
  fs::path at;
  for (int links = 0; !rest.empty() && links < kMaxLinks;) {
    const fs::path name = rest.front();
    rest.pop_front();
    if (name.empty() || name == ".") continue;
    const fs::path next = name == ".." ? at.parent_path() : at / name;
    struct stat info {};
    if (::lstat(next.c_str(), &info) != 0) break;
    if (S_ISDIR(info.st_mode) || S_ISLNK(info.st_mode)) way.emplace(next, facts_of(next, info));
    if (S_ISLNK(info.st_mode)) {
      const fs::path target = fs::read_symlink(next, error);
      rest.insert(rest.begin(), target.begin(), target.end());
      ++links;
    } else {
      at = next;
    }
  }
  std::vector<FileFacts> facts;
  for (auto& [name, known] : way) facts.push_back(std::move(known));
  return facts;
}

Error missing_file(const std::string& path, const std::string& what, const std::string& hint) {
  return Error{path + ": there is no such file with the " + what + (hint.empty() ? "" : "; " + hint)};
}

// Root could read anybody's file, but whoever owns it could change it under root's hands: then it is better to be that
// user (in a container: --user).
Status judge_owner(const FileFacts& file, uid_t user, const std::string& what) {
  if (file.owner == user || file.owner == 0) return {};
  return Error{file.path + ": the " + what + " belongs to " + name_of(file.owner) + ", who could change it while " +
               name_of(user) + " relies on it; run chown " + std::to_string(user) + " " + file.path +
               (user == 0 ? ", or start the server as " + name_of(file.owner) : "")};
}

Status judge_way(const FileFacts& file, const FileFacts& step, uid_t user, const std::string& what) {
  if (S_ISLNK(step.mode)) {
    if (step.owner == user || step.owner == 0) return {};
    return Error{file.path + ": the way to the " + what + " leads through a link of " + name_of(step.owner) +
                 ", who could point it elsewhere; run chown -h " + std::to_string(user) + " " + step.path};
  }
  if ((step.mode & S_IWOTH) == 0 || (step.mode & S_ISVTX) != 0) return {};
  return Error{file.path + ": anybody can put another " + what + " in its place, since " + step.path +
               " is writable for everybody; run chmod o-w " + step.path};
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

Status judge_file(const FileFacts& file, const std::vector<FileFacts>& way, uid_t user, FileTrust trust,
                  const std::string& what) {
  if (Status status = judge_owner(file, user, what); !status.ok()) return status;
  if (Status status = judge_mode(file, user, trust, what); !status.ok()) return status;
  for (const FileFacts& step : way) {
    if (Status status = judge_way(file, step, user, what); !status.ok()) return status;
  }
  return {};
}

Status check_file(const std::string& path, FileTrust trust, const std::string& what) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno != ENOENT) return {};
    info.st_mode = S_IFREG | S_IRUSR | S_IWUSR;  // it will be ours: the way to it is what counts
    info.st_uid = ::geteuid();
  }
  if (!S_ISREG(info.st_mode)) return {};
  return judge_file(facts_of(path, info, trust), way_to(path), ::geteuid(), trust, what);
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
  const Status judged = judge_file(facts_of(path, info), way_to(path), ::geteuid(), FileTrust::kSecret, what);
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
