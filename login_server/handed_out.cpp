#include "login_server/handed_out.h"

#include <algorithm>

namespace talkbeat::login {

void HandedOut::add(Tick now) {
  if (batches_.empty() || now - batches_.back().since >= kGrain) batches_.push_back({now, 0});
  ++batches_.back().clients;
  ++count_;
}

void HandedOut::arrived(uint64_t clients) {
  while (clients > 0 && !batches_.empty()) {
    Batch& oldest = batches_.front();
    const uint64_t taken = std::min(clients, oldest.clients);
    oldest.clients -= taken;
    count_ -= taken;
    clients -= taken;
    if (oldest.clients == 0) batches_.pop_front();
  }
}

void HandedOut::forget_before(Tick time) {
  while (!batches_.empty() && batches_.front().since < time) {
    count_ -= batches_.front().clients;
    batches_.pop_front();
  }
}

}  // namespace talkbeat::login
