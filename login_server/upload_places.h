#pragma once

#include <cstddef>
#include <string>

#include "base/address_counts.h"

namespace talkbeat::login {

/// How many uploads there may be at the same time: what bounds the memory that they take, since each is held whole
/// until it is on the disk. One address has only a share of the places, so that nobody keeps all others out by being
/// slow. A pure core.
///
///   UploadPlaces places(16, 4);
///   if (places.take("192.0.2.1") != UploadPlaces::Taken::kYes) refuse();
///   places.give_back("192.0.2.1");
class UploadPlaces {
 public:
  enum class Taken { kYes, kAllTaken, kShareTaken };

  UploadPlaces(size_t in_all, size_t per_address) : in_all_(in_all), per_address_(per_address) {}

  Taken take(const std::string& address);
  /// One more for an upload that has its place already, whatever the limits say: it keeps that while its first user
  /// gives it back.
  void keep(const std::string& address);
  void give_back(const std::string& address);

  size_t taken() const { return taken_; }

 private:
  size_t in_all_;
  size_t per_address_;
  size_t taken_ = 0;
  AddressCounts by_address_;
};

}  // namespace talkbeat::login
