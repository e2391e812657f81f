#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/talkbeat.pb.h"

namespace talkbeat {

/// Deals the places of an answer out to clients in turn, so that those who come one after the other go to different
/// servers. A pure core.
///
///   PlaceList places(answer);
///   while (const TbPlace* place = places.next()) …
class PlaceList {
 public:
  /// `answer` outlives it.
  explicit PlaceList(const TbPlacesRsp& answer) : answer_(answer) {
    for (const TbPlace& place : answer.places()) left_.push_back(place.clients());
  }

  /// nullptr: there are no more.
  const TbPlace* next() {
    for (size_t tried = 0; tried < left_.size(); ++tried) {
      const size_t at = turn_++ % left_.size();
      if (left_[at] == 0) continue;
      --left_[at];
      return &answer_.places(static_cast<int>(at));
    }
    return nullptr;
  }

 private:
  const TbPlacesRsp& answer_;
  std::vector<uint32_t> left_;
  size_t turn_ = 0;
};

}  // namespace talkbeat
