#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "login_server/image_name.h"

namespace talkbeat::login {

/// Images as files of one directory, which several login_servers may share: DIR/g0/3f/9c….png, each under the name of
/// its content, and DIR/tmp for those that are being written. An image appears whole and on the disk or not at all,
/// whoever is killed when. Every call but the constructor blocks: for a worker thread. A small value that jobs copy;
/// any number of threads.
///
///   ImageStore store("/srv/talkbeat/images", "login_server_0");
///   const ImageStore::Put put = store.put(content, ImageType::kPng);
///   if (put.outcome == ImageStore::Outcome::kStored) answer(put.name.path());
class ImageStore {
 public:
  // kDuplicate: was there already; its age begins anew. kNoSpace: the disk or its quota is full, or min_free reached.
  enum class Outcome : uint8_t { kStored, kDuplicate, kNoSpace, kFailed };
  struct Put {
    Outcome outcome = Outcome::kFailed;
    ImageName name = {};
    std::string error = {};  ///< what the system said, where it has failed
  };
  /// What one bucket holds after a sweep, and what the sweep has removed.
  struct Swept {
    uint64_t files = 0;
    uint64_t bytes = 0;
    uint64_t expired = 0;
  };

  /// `owner`: the name of this process among those that share the directory. `min_free`: bytes that put() leaves free
  /// on the file system, for others.
  ImageStore(std::string directory, const std::string& owner, uint64_t min_free = 0);

  /// Makes the directories, and removes what this owner has left half written when it was killed: before its first
  /// put(). Fails where the directory cannot be written.
  Status prepare() const;

  Put put(std::string_view content, ImageType type) const;

  /// nullopt: no such image.
  std::optional<uint64_t> size_of(const ImageName& name) const;
  /// At most `count` bytes from `offset` on; fewer at the end, none where it cannot be read.
  std::string read(const ImageName& name, uint64_t offset, size_t count) const;

  /// Removes what was sent before `expire_before` (Unix seconds; 0: nothing) from one bucket, and counts the rest.
  Swept sweep(int bucket, int64_t expire_before) const;
  /// Removes half written files of all owners that are too old to be written still.
  void sweep_leftovers(int64_t unix_seconds) const;

  static constexpr int64_t kLeftoverSeconds = 3'600;

 private:
  std::string full(const ImageName& name) const { return directory_ + "/" + name.path(); }
  std::string temporary() const;
  int check_room(size_t size) const;
  int write_new(const std::string& path, std::string_view content) const;
  bool expire(const std::string& path, int64_t expire_before) const;

  std::string directory_;
  std::string owner_;
  uint64_t min_free_;
};

}  // namespace talkbeat::login
