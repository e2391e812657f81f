#pragma once

#include <optional>
#include <unordered_map>
#include <utility>

#include "msg_server/service_settings.h"
#include "msg_server/store/records.h"

namespace talkbeat {

/// How many transfers may be open at once, in all and of one user. The loop's thread only.
///
///   auto place = places.take(user, settings);  // given back with the object
///   if (!place) return refused;
class TransferPlaces {
 public:
  /// One that is taken. Must not outlive the TransferPlaces.
  class Place {
   public:
    Place(TransferPlaces& places, UserId user) : places_(&places), user_(user) {}
    ~Place() {
      if (places_ != nullptr) places_->give_back(user_);
    }
    Place(Place&& from) noexcept : places_(std::exchange(from.places_, nullptr)), user_(from.user_) {}
    Place& operator=(Place&&) = delete;

   private:
    TransferPlaces* places_;
    UserId user_;
  };

  /// Nothing where as many are taken as may be.
  std::optional<Place> take(UserId user, const FileSettings& settings) {
    const auto of_user = taken_.find(user);
    const size_t taken_by_user = of_user == taken_.end() ? 0 : of_user->second;
    if (all_ >= settings.max_transfers || taken_by_user >= settings.max_transfers_per_user) return std::nullopt;
    ++all_;
    ++taken_[user];
    return Place(*this, user);
  }
  size_t taken() const { return all_; }

 private:
  void give_back(UserId user) {
    --all_;
    const auto of_user = taken_.find(user);
    if (--of_user->second == 0) taken_.erase(of_user);
  }

  size_t all_ = 0;
  std::unordered_map<UserId, size_t> taken_;
};

}  // namespace talkbeat
