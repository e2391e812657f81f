#include "login_server/upload_places.h"

#include "base/check.h"

namespace talkbeat::login {

UploadPlaces::Taken UploadPlaces::take(const std::string& address) {
  if (taken_ >= in_all_) return Taken::kAllTaken;
  const auto found = by_address_.find(address);
  if (found != by_address_.end() && found->second >= per_address_) return Taken::kShareTaken;
  keep(address);
  return Taken::kYes;
}

void UploadPlaces::keep(const std::string& address) {
  ++taken_;
  ++by_address_[address];
}

void UploadPlaces::give_back(const std::string& address) {
  const auto found = by_address_.find(address);
  CHECK(found != by_address_.end() && taken_ > 0);
  --taken_;
  if (--found->second == 0) by_address_.erase(found);
}

}  // namespace talkbeat::login
