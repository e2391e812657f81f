#include "login_server/upload_places.h"

namespace talkbeat::login {

UploadPlaces::Taken UploadPlaces::take(const std::string& address) {
  if (taken_ >= in_all_) return Taken::kAllTaken;
  if (by_address_.of(address) >= per_address_) return Taken::kShareTaken;
  keep(address);
  return Taken::kYes;
}

void UploadPlaces::keep(const std::string& address) {
  ++taken_;
  by_address_.add(address);
}

void UploadPlaces::give_back(const std::string& address) {
  by_address_.remove(address);
  --taken_;
}

}  // namespace talkbeat::login
