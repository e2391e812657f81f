#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/status.h"

namespace talkbeat {

/// Why a file may be trusted. A key is worth what its secrecy is; settings say where the log goes and which keys count,
/// so that whoever may change them is as good as the server's own user.
enum class FileTrust {
  kSecret,    ///< nobody else may read or change it
  kSettings,  ///< nobody else may change it
};

/// What is known of a file, or of a directory or a symbolic link on the way to it.
struct FileFacts {
  std::string path;
  uid_t owner = 0;
  mode_t mode = 0;  ///< type and permissions; what the group may do counts only where others than the owner are in it
};

/// Whether `user` may rely on a file, in words of what to do where not. `what` names it ("admin key"). It must belong
/// to the user or to root. A secret of root's, read by another user, may be readable for its group: so service managers
/// hand secrets out. `way`: all directories and symbolic links that its path leads through; where a directory is
/// writable for everybody without the sticky bit, anybody can put another file in its place, and a link leads where its
/// owner wants. A pure core.
Status judge_file(const FileFacts& file, const std::vector<FileFacts>& way, uid_t user, FileTrust trust,
                  const std::string& what);

/// The same for a file and the user that this process runs as. Of one that is not there, the way to it is judged:
/// where it is not made here, whoever reads it says so. What is no regular file (/dev/stdin, /dev/null) holds no
/// settings for long, and is fine as such. Settings may be writable for a group that nobody but their owner is in: so
/// files are made where people have groups of their own (umask 002).
///
///   const Status status = check_file("conf/msg_server.toml", FileTrust::kSettings, "configuration");
///   if (!status.ok()) return fail(status.message());
Status check_file(const std::string& path, FileTrust trust, const std::string& what);

/// A secret file's text; of a file that is longer than max_size the first max_size + 1 bytes, which no reader will take
/// for a secret. Fails where it is not there, is no regular file, or is not to be relied upon; it is judged as it was
/// opened, so nobody can exchange it in between. `hint`: where a missing one comes from.
Result<std::string> read_secret_file(const std::string& path, size_t max_size, const std::string& what,
                                     const std::string& hint = {});

/// A secret file that a setting names, for prepare() in command_line.h.
struct SecretFile {
  std::string setting;  ///< "cluster.key_file"
  std::string path;     ///< empty: there is none
  std::string what;     ///< "cluster key"
  std::string hint;     ///< where a missing one comes from: "tools/start.sh makes one"; or empty
};

/// Whether all of them are there and may be relied upon; else what is wrong, behind the setting's name.
/// `may_be_missing`: those that are not there are fine.
Status check_secrets(const std::vector<SecretFile>& secrets, bool may_be_missing);

}  // namespace talkbeat
