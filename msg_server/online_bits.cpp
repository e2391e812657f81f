#include "msg_server/online_bits.h"

namespace talkbeat {

namespace {

struct Place {
  uint32_t chunk;
  size_t word;
  uint64_t bit;
};

Place place_of(UserId user) {
  const uint32_t within = user % OnlineBits::kUsersPerChunk;
  return {user / OnlineBits::kUsersPerChunk, within / 64, uint64_t{1} << within % 64};
}

}  // namespace

bool OnlineBits::Chunk::empty() const {
  uint64_t any = 0;
  for (size_t word = 0; word < kWords; ++word) any |= either(word);
  return any == 0;
}

void OnlineBits::set(UserId user, ClientClass client_class, bool online) {
  const Place place = place_of(user);
  const auto of_class = static_cast<size_t>(client_class);
  if (online) {
    chunks_[place.chunk].by_class[of_class][place.word] |= place.bit;
    return;
  }
  const auto found = chunks_.find(place.chunk);
  if (found == chunks_.end()) return;
  found->second.by_class[of_class][place.word] &= ~place.bit;
  if (found->second.empty()) chunks_.erase(found);
}

void OnlineBits::add(const OnlineBits& other) {
  for (const auto& [number, chunk] : other.chunks_) {
    Chunk& own = chunks_[number];
    for (size_t i = 0; i < own.by_class.size(); ++i) {
      for (size_t word = 0; word < kWords; ++word) own.by_class[i][word] |= chunk.by_class[i][word];
    }
  }
}

void OnlineBits::remove(const OnlineBits& other) {
  for (const auto& [number, chunk] : other.chunks_) {
    const auto found = chunks_.find(number);
    if (found == chunks_.end()) continue;
    Chunk& own = found->second;
    for (size_t i = 0; i < own.by_class.size(); ++i) {
      for (size_t word = 0; word < kWords; ++word) own.by_class[i][word] &= ~chunk.by_class[i][word];
    }
    if (own.empty()) chunks_.erase(found);
  }
}

Presence OnlineBits::of(UserId user) const {
  const Place place = place_of(user);
  const auto found = chunks_.find(place.chunk);
  if (found == chunks_.end()) return {};
  const auto has = [&](ClientClass client_class) {
    return (found->second.by_class[static_cast<size_t>(client_class)][place.word] & place.bit) != 0;
  };
  return {.pc = has(ClientClass::kPc), .mobile = has(ClientClass::kMobile)};
}

uint64_t OnlineBits::either(uint32_t number, size_t word) const {
  const auto found = chunks_.find(number);
  return found == chunks_.end() ? 0 : found->second.either(word);
}

}  // namespace talkbeat
