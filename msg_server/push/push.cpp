#include "msg_server/push/push.h"

#include "base/check.h"

namespace talkbeat {

Push::Push(EventLoop& loop, Store& store, const UserDirectory& users, Rng& rng, Metrics& metrics,
           const PushSettings& settings)
    : loop_(loop), store_(store), users_(users), rng_(rng), metrics_(metrics), settings_(settings) {}

Status Push::start() {
  if (settings_.url.empty()) return {};
  const Result<PushSecret> secret = PushSecret::load(settings_.secret_file);
  if (!secret.ok()) return Error{"push.secret_file: " + secret.message()};
  read_quiet_hours();
  sender_ = std::make_unique<PushSender>(
      loop_, store_, rng_, settings_, secret.value(), metrics_,
      [this](const PushNotice& push) { return !needs_no_push(users_, push.user, settings_); });
  finder_ = std::make_unique<PushFinder>(loop_, store_, users_, settings_, quiet_, metrics_,
                                         [this](std::vector<PushNotice> pushes) { sender_->add(std::move(pushes)); });
  Gauge waiting = metrics_.gauge("talkbeat_pushes_waiting", "Pushes that wait to be sent to the gateway.");
  metrics_.before_render([this, waiting]() mutable { waiting.set(static_cast<double>(sender_->waiting())); });
  return {};
}

void Push::message_stored(const NewMessage& message, const Appended& stored) {
  if (finder_) finder_->message_stored(message, stored);
}

void Push::settings_changed() {
  if (!sender_) return;
  read_quiet_hours();
  sender_->settings_changed();
}

void Push::finish() {
  if (sender_) sender_->hurry();
}

bool Push::finished() const {
  return !sender_ || (finder_->idle() && sender_->settled());
}

void Push::read_quiet_hours() {
  const Result<QuietHours> hours = QuietHours::make(settings_.quiet_from, settings_.quiet_until, settings_.time_zone);
  CHECK(hours.ok());  // the settings' rules have looked at it
  quiet_ = hours.value();
}

}  // namespace talkbeat
