#include "msg_server/push/push_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/log.h"
#include "msg_server/push/push_metrics.h"
#include "msg_server/push/push_payload.h"

namespace talkbeat {

namespace {

constexpr Tick kSayAgainAfter = 60'000;
constexpr std::array<std::string_view, 3> kOutcomes{"sent", "refused", "failed"};

PushQueue::Limits queue_limits(const PushSettings& settings) {
  return {settings.max_queued, settings.max_batch, settings.gather_ms};
}

PushDeliveries::Limits delivery_limits(const PushSettings& settings) {
  return {settings.max_requests, settings.max_tries, settings.backoff};
}

PushOutcome outcome_of(const HttpReply& reply) {
  using Kind = PushOutcome::Kind;
  if (!reply.answered() || reply.status == 429 || reply.status >= 500) return {Kind::kFailed, reply.retry_after_ms};
  return {reply.status >= 200 && reply.status < 300 ? Kind::kSent : Kind::kRefused};
}

std::string random_id(Rng& rng) {
  return fmt::format("{:016x}{:016x}", rng.next(), rng.next());
}

StoreResult<Done> remove_device(Database& db, UserId user, const std::string& token) {
  const auto targets = db.push_targets(std::span(&user, 1));
  if (!targets.ok()) return targets.error();
  // By now the user may have another device.
  if (targets.value().empty() || targets.value().front().device.token != token) return Done{};
  return db.set_device(user, std::nullopt);
}

}  // namespace

PushSender::PushSender(EventLoop& loop, Store& store, Rng& rng, const PushSettings& settings, PushSecret secret,
                       Metrics& metrics, StillWanted still_wanted)
    : loop_(loop),
      store_(store),
      rng_(rng),
      settings_(settings),
      secret_(std::move(secret)),
      still_wanted_(std::move(still_wanted)),
      queued_(metrics.counter("talkbeat_pushes_queued_total", "Pushes that were to go to the gateway.")),
      sent_(metrics.counter("talkbeat_pushes_sent_total", "Pushes that the gateway has taken.")),
      overflowed_(pushes_dropped(metrics, "overflow")),
      came_online_(pushes_dropped(metrics, "came_online")),
      refused_(pushes_dropped(metrics, "refused")),
      gave_up_(pushes_dropped(metrics, "gave_up")),
      requests_(
          metrics.counters("talkbeat_push_requests_total", "Requests to the push gateway.", "outcome", kOutcomes)),
      seconds_(metrics.histogram("talkbeat_push_request_seconds", "How long the push gateway took to answer.",
                                 {0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30})),
      queue_(queue_limits(settings)),
      deliveries_(delivery_limits(settings)),
      next_(loop.timers(), [this] { pump(); }),
      http_(loop, {.max_answer = settings.max_answer, .proxy = settings.proxy, .ca_file = settings.ca_file}) {}

void PushSender::add(std::vector<PushNotice> pushes) {
  for (PushNotice& push : pushes) {
    queued_.add();
    overflowed_.add(static_cast<double>(queue_.add(std::move(push), loop_.now())));
  }
  pump();
}

void PushSender::settings_changed() {
  queue_.set_limits(queue_limits(settings_));
  deliveries_.set_limits(delivery_limits(settings_));
  pump();
}

void PushSender::hurry() {
  hurry_ = true;
  pump();
}

bool PushSender::settled() const {
  return deliveries_.on_the_way() == 0 && (queue_.size() == 0 || !deliveries_.has_room());
}

bool PushSender::batch_is_due() const {
  return hurry_ ? queue_.size() > 0 : queue_.due() <= loop_.now();
}

void PushSender::pump() {
  while (deliveries_.has_room() && batch_is_due()) open_delivery();
  while (const auto started = deliveries_.start_next(loop_.now())) send(*started);
  Tick due = deliveries_.due();
  if (deliveries_.has_room()) due = std::min(due, queue_.due());
  if (due == TimerList::kNever) {
    next_.cancel();
  } else {
    next_.start_once(due - loop_.now());
  }
}

void PushSender::open_delivery() {
  std::vector<PushNotice> batch = queue_.take_batch();
  came_online_.add(
      static_cast<double>(std::erase_if(batch, [this](const PushNotice& push) { return !still_wanted_(push); })));
  if (batch.empty()) return;
  PushDelivery delivery{.id = random_id(rng_)};
  delivery.body = encode_pushes(delivery.id, batch);
  for (PushNotice& push : batch) delivery.devices.emplace_back(push.user, std::move(push.device.token));
  deliveries_.open(std::move(delivery), loop_.now());
}

void PushSender::send(const PushDeliveries::Started& started) {
  HttpPost post{.url = settings_.url, .body = started.delivery->body, .timeout_ms = settings_.timeout_ms};
  post.headers.emplace_back("Content-Type", "application/json");
  post.headers.emplace_back(PushSecret::kHeader, secret_.sign(post.body, loop_.unix_seconds()));
  http_.post(std::move(post), [this, number = started.number, began = loop_.now()](const HttpReply& reply) {
    answered(number, reply, began);
  });
}

void PushSender::answered(uint64_t number, const HttpReply& reply, Tick began) {
  const PushOutcome outcome = outcome_of(reply);
  requests_[static_cast<size_t>(outcome.kind)].add();
  seconds_.observe(static_cast<double>(loop_.now() - began) / 1'000);
  if (outcome.kind == PushOutcome::Kind::kFailed) say(failures_, "push_failed", reply);
  if (const auto end = deliveries_.finish(number, outcome, loop_.now(), rng_)) ended(*end, reply);
  pump();
}

void PushSender::ended(const PushDeliveries::Ended& ended, const HttpReply& reply) {
  const auto pushes = static_cast<double>(ended.delivery.devices.size());
  switch (ended.end) {
    case PushDeliveries::End::kSent:
      sent_.add(pushes);
      forget_devices(ended.delivery, invalid_tokens(reply.body));
      break;
    case PushDeliveries::End::kRefused:
      refused_.add(pushes);
      say(refusals_, "push_refused", reply);
      break;
    case PushDeliveries::End::kGaveUp:
      gave_up_.add(pushes);
      break;
  }
}

void PushSender::forget_devices(const PushDelivery& delivery, const std::vector<std::string>& tokens) {
  const std::set<std::string> dead(tokens.begin(), tokens.end());
  for (const auto& [user, token] : delivery.devices) {
    if (!dead.contains(token)) continue;
    log_info("push_device_dead", {{"user", user}});
    store_.write<Done>([user = user, token = token](Database& db) { return remove_device(db, user, token); },
                       [](const StoreResult<Done>&) {});  // the gateway will say it again
  }
}

void PushSender::say(Trouble& trouble, std::string_view event, const HttpReply& reply) {
  if (trouble.said_at && loop_.now() - *trouble.said_at < kSayAgainAfter) {
    ++trouble.unsaid;
    return;
  }
  trouble.said_at = loop_.now();
  log_warn(event, {{"status", reply.status}, {"why", reply.error}, {"unsaid", std::exchange(trouble.unsaid, 0)}});
}

}  // namespace talkbeat
