#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "msg_server/store/records.h"
#include "proto/client_class.h"

namespace talkbeat {

/// Where a user is, over the whole cluster.
struct Presence {
  bool pc = false;
  bool mobile = false;

  bool online() const { return pc || mobile; }
  bool has(ClientClass client_class) const { return client_class == ClientClass::kPc ? pc : mobile; }
  Presence operator|(const Presence& other) const { return {pc || other.pc, mobile || other.mobile}; }
  bool operator==(const Presence&) const = default;
};

/// Which users are online, in two bits a user: every msg_server knows this of the whole cluster. Ids lie close together
/// as the store gives them, so a million users cost about 400 KiB; ids that lie far apart cost a hundred bytes each. A
/// pure core, owned by the UserDirectory.
///
///   online.set(user, ClientClass::kPc, true);
///   if (online.of(user).pc) …
class OnlineBits {
 public:
  static constexpr uint32_t kUsersPerChunk = 256;
  static constexpr uint32_t kWords = kUsersPerChunk / 64;

  /// The users from `number * kUsersPerChunk` on, 64 to a word, the lowest id in the lowest bit.
  struct Chunk {
    std::array<std::array<uint64_t, kWords>, 2> by_class{};

    uint64_t either(size_t word) const { return by_class[0][word] | by_class[1][word]; }
    bool empty() const;
  };
  using Chunks = std::unordered_map<uint32_t, Chunk>;

  /// Repeating what is known already changes nothing.
  void set(UserId user, ClientClass client_class, bool online);
  /// Whoever is online there is online here as well.
  void add(const OnlineBits& other);
  /// Whoever is online there, with that class, is not online here.
  void remove(const OnlineBits& other);
  Presence of(UserId user) const;

  /// By number, in no order; none of them empty.
  const Chunks& chunks() const { return chunks_; }
  /// The word of the chunk with that number, 0 where there is none.
  uint64_t either(uint32_t number, size_t word) const;
  /// Calls `visit(user)` for each user who is online, in no order.
  template <class Visit>
  void for_each(Visit visit) const;

 private:
  Chunks chunks_;
};

/// Calls `visit(user)` for each bit of a chunk's word.
template <class Visit>
void for_each_user(uint32_t number, size_t word, uint64_t bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) {
    visit(number * OnlineBits::kUsersPerChunk + static_cast<UserId>(word) * 64 +
          static_cast<UserId>(std::countr_zero(bits)));
  }
}

template <class Visit>
void OnlineBits::for_each(Visit visit) const {
  for (const auto& [number, chunk] : chunks_) {
    for (size_t word = 0; word < kWords; ++word) for_each_user(number, word, chunk.either(word), visit);
  }
}

}  // namespace talkbeat
