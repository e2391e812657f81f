#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_client.h"
#include "base/metrics.h"
#include "base/rng.h"
#include "msg_server/push/push_deliveries.h"
#include "msg_server/push/push_queue.h"
#include "msg_server/push/push_signature.h"
#include "msg_server/service_settings.h"
#include "msg_server/store/store.h"

namespace talkbeat {

/// Brings pushes to the gateway: gathers them, sends signed batches, tries again what failed, and forgets the devices
/// that the gateway calls dead. Whatever the gateway does, it costs no more than the queue's bound. The loop's thread
/// only; owned by Push.
///
///   PushSender sender(loop, store, rng, settings, secret, metrics, [](const PushNotice& push) { return true; });
///   sender.add(std::move(pushes));
class PushSender {
 public:
  /// Asked once more before a batch leaves: the user may have come online.
  using StillWanted = std::function<bool(const PushNotice& push)>;

  /// All of them outlive it; `settings` may change.
  PushSender(EventLoop& loop, Store& store, Rng& rng, const PushSettings& settings, PushSecret secret, Metrics& metrics,
             StillWanted still_wanted);

  void add(std::vector<PushNotice> pushes);
  void settings_changed();

  /// From now on nothing is gathered any more: it is time to go.
  void hurry();
  /// Nothing is on its way, and what waits would have to wait on.
  bool settled() const;
  /// Pushes in the queue.
  size_t waiting() const { return queue_.size(); }

 private:
  // A kind of trouble is said once a minute: a gateway that is away would fill the log.
  struct Trouble {
    std::optional<Tick> said_at;
    uint64_t unsaid = 0;
  };

  void pump();
  bool batch_is_due() const;
  void open_delivery();
  void send(const PushDeliveries::Started& started);
  void answered(uint64_t number, const HttpReply& reply, Tick began);
  void ended(const PushDeliveries::Ended& ended, const HttpReply& reply);
  void forget_devices(const PushDelivery& delivery, const std::vector<std::string>& tokens);
  void say(Trouble& trouble, std::string_view event, const HttpReply& reply);

  EventLoop& loop_;
  Store& store_;
  Rng& rng_;
  const PushSettings& settings_;
  const PushSecret secret_;
  const StillWanted still_wanted_;
  Counter queued_;
  Counter sent_;
  Counter overflowed_;
  Counter came_online_;
  Counter refused_;
  Counter gave_up_;
  std::vector<Counter> requests_;  // by PushOutcome::Kind
  Histogram seconds_;
  PushQueue queue_;
  PushDeliveries deliveries_;
  bool hurry_ = false;
  Trouble failures_;
  Trouble refusals_;
  Timer next_;
  HttpClient http_;
};

}  // namespace talkbeat
