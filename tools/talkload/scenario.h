#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/talkload/findings.h"
#include "tools/talkload/fleet.h"
#include "tools/talkload/histogram.h"
#include "tools/talkload/load_options.h"

namespace talkbeat::load {

/// What part of a run one process does: its number among them, and this run's tag, which all messages carry.
struct ProcessShare {
  uint32_t process = 0;
  uint32_t processes = 1;
  uint32_t run = 0;

  /// Of `all` things, this process does first … last - 1.
  uint32_t first(uint32_t all) const { return part(all, process); }
  uint32_t last(uint32_t all) const { return part(all, process + 1); }
  /// Of `rate` in all, this process's part, by how many of the `all` things it does.
  double rate_of(double rate, uint32_t all) const {
    return all == 0 ? 0 : rate * static_cast<double>(last(all) - first(all)) / all;
  }

 private:
  uint32_t part(uint32_t all, uint32_t number) const {
    return static_cast<uint32_t>(static_cast<uint64_t>(all) * number / processes);
  }
};

/// What a scenario works with; the latency is of the current interval, and taken away when it ends.
struct ScenarioContext {
  const LoadOptions& options;
  const ClusterAccess& access;
  ProcessShare share;
  EventLoop& loop;
  Counters& counters;
  Histogram& latency;
  Findings& findings;

  /// The msg_server of something that is dealt out, unless all are pinned to one.
  uint16_t server_of(uint32_t number) const;
};

/// What the clients of one process do, and whether what they see is right. One thread. The worker calls, in this order:
///
///   plan()                     who its clients are
///   attach(fleet, first)       they are made, numbered from `first`
///   prepare(), prepared()      all are online; what must be there before the load begins
///   begin(start_ns)            the load begins
///   pulse(now_ns)              every few milliseconds from then on
///   stop_sending(), settled()  no more of it; is all that was sent where it belongs?
///   judge()                    what has not come is lost
class Scenario : public FleetListener {
 public:
  virtual ~Scenario() = default;

  virtual std::vector<ClientPlan> plan() = 0;
  virtual void attach(Fleet& fleet, uint32_t first) {
    fleet_ = &fleet;
    first_ = first;
  }
  /// False: logging in is the load itself.
  virtual bool begins_online() const { return true; }
  virtual void prepare() {}
  virtual bool prepared() const { return true; }
  virtual void begin(uint64_t start_ns) = 0;
  virtual void pulse(uint64_t /*now_ns*/) {}
  virtual void stop_sending() = 0;
  virtual bool settled() const = 0;
  virtual void judge() {}

  void on_online(uint32_t /*client*/, uint64_t /*took_ns*/, bool /*again*/) override {}
  void on_pdu(uint32_t /*client*/, const PduHeader& /*header*/, std::span<const std::byte> /*body*/,
              uint64_t /*now_ns*/) override {}
  void on_offline(uint32_t /*client*/) override {}

 protected:
  Fleet& fleet() const { return *fleet_; }
  /// The number in the fleet of the scenario's client 0.
  uint32_t first() const { return first_; }

 private:
  Fleet* fleet_ = nullptr;
  uint32_t first_ = 0;
};

std::unique_ptr<Scenario> make_scenario(const ScenarioContext& context);

// Each in a file of its own, scenario_*.cpp. `user`: the number of its first user in the UserBook. `rate`: a second, of
// all processes; 0: closed loop.
std::unique_ptr<Scenario> make_login_scenario(const ScenarioContext& context);
/// `beats_count`: the latency is that of the heartbeats' answers.
std::unique_ptr<Scenario> make_idle_scenario(const ScenarioContext& context, uint32_t user, uint32_t clients,
                                             bool beats_count);
enum class PairKind : uint8_t { kRelay, kChat, kRecoveringChat };
std::unique_ptr<Scenario> make_pairs_scenario(const ScenarioContext& context, PairKind kind, uint32_t user,
                                              uint32_t pairs, double rate);
std::unique_ptr<Scenario> make_group_scenario(const ScenarioContext& context, uint32_t user, double rate);
std::unique_ptr<Scenario> make_mixed_scenario(const ScenarioContext& context);

}  // namespace talkbeat::load
