#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "msg_server/service_settings.h"
#include "msg_server/store/records.h"

namespace talkbeat {

/// How many transfers may be open at once, in all and of one user: the one who has made the offer, since anybody who
/// knows a task can connect in its receiver's name. What a user's receivers fetch does not keep the user from sending:
/// it is counted apart. The loop's thread only.
///
///   auto place = places.take(user, TransferPlaces::Use::kSent, settings);  // given back with the object
///   if (!place) return refused;
class TransferPlaces {
 public:
  enum class Use : uint8_t { kSent, kFetched };

  /// One that is taken. Must not outlive the TransferPlaces.
  class Place {
   public:
    Place(TransferPlaces& places, UserId user, Use use) : places_(&places), user_(user), use_(use) {}
    ~Place() {
      if (places_ != nullptr) places_->give_back(user_, use_);
    }
    Place(Place&& from) noexcept : places_(std::exchange(from.places_, nullptr)), user_(from.user_), use_(from.use_) {}
    Place& operator=(Place&&) = delete;

   private:
    TransferPlaces* places_;
    UserId user_;
    Use use_;
  };

  /// Nothing where as many are taken as may be.
  std::optional<Place> take(UserId user, Use use, const FileSettings& settings) {
    auto& taken = taken_of(use);
    const auto of_user = taken.find(user);
    const size_t taken_by_user = of_user == taken.end() ? 0 : of_user->second;
    if (all_ >= settings.max_transfers || taken_by_user >= settings.max_transfers_per_user) return std::nullopt;
    ++all_;
    ++taken[user];
    return Place(*this, user, use);
  }
  size_t taken() const { return all_; }

 private:
  std::unordered_map<UserId, size_t>& taken_of(Use use) { return use == Use::kSent ? sent_ : fetched_; }
  void give_back(UserId user, Use use) {
    --all_;
    auto& taken = taken_of(use);
    const auto of_user = taken.find(user);
    if (--of_user->second == 0) taken.erase(of_user);
  }

  size_t all_ = 0;
  std::unordered_map<UserId, size_t> sent_;
  std::unordered_map<UserId, size_t> fetched_;
};

}  // namespace talkbeat
