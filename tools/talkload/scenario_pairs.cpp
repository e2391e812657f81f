#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "proto/command_of.h"
#include "tools/talkload/ledger.h"
#include "tools/talkload/pace_timer.h"
#include "tools/talkload/pair_recovery.h"
#include "tools/talkload/pdu_templates.h"
#include "tools/talkload/scenario.h"
#include "tools/talkload/wire_views.h"

// Pairs of clients: the first of each writes to the second. As commands (relay: not stored, no answer) or as messages
// (chat: acked when they are durable). One process holds both clients of a pair, so all can be checked here.
namespace talkbeat::load {

namespace {

constexpr uint32_t kOpenLoopMost = Answers::kMaxOpen / 2;
constexpr uint32_t kNearMs = 10'000;  // so long after a connection of it broke, a pair may have to catch up

struct Pair {
  MessageTemplate to_receiver;
  Answers answers;
  Arrivals arrivals;
  uint32_t read_acked_ms = 0;
  Tick broken_ms = -Tick{kNearMs};  // when a connection of it last ended, or came back
  bool refill_later = false;
};

class PairsScenario final : public Scenario {
 public:
  PairsScenario(const ScenarioContext& context, PairKind kind, uint32_t user, uint32_t pairs, double rate)
      : context_(context),
        kind_(kind),
        user_(user),
        begin_(context.share.first(pairs)),
        pairs_(context.share.last(pairs) - begin_),
        rate_(context.share.rate_of(rate, pairs)),
        pace_timer_(context.loop, [this] { send_due(monotonic_ns()); }) {
    if (kind_ == PairKind::kRecoveringChat) recovery_.emplace(pairs_.size());
  }

  std::vector<ClientPlan> plan() override;
  void prepare() override;
  bool prepared() const override { return !recovery_ || recovery_->all_known(); }
  void begin(uint64_t start_ns) override;
  void pulse(uint64_t now_ns) override;
  void stop_sending() override;
  bool settled() const override;
  void judge() override;

  void on_online(uint32_t client, uint64_t took_ns, bool again) override;
  void on_offline(uint32_t client) override { pairs_[(client - first()) / 2].broken_ms = context_.loop.now(); }
  void on_pdu(uint32_t client, const PduHeader& header, std::span<const std::byte> body, uint64_t now_ns) override;

 private:
  bool stored() const { return kind_ != PairKind::kRelay; }
  uint32_t sender(size_t pair) const { return first() + 2 * static_cast<uint32_t>(pair); }
  uint32_t receiver(size_t pair) const { return sender(pair) + 1; }
  uint32_t user_of_sender(size_t pair) const { return user_ + 2 * (begin_ + static_cast<uint32_t>(pair)); }
  uint32_t in_flight(const Pair& pair) const;
  uint32_t arrived_or_refused(const Pair& pair) const { return pair.arrivals.count() + pair.answers.refused(); }
  std::string describe(size_t pair, uint32_t number) const;

  void send_one(size_t pair, uint64_t intended_ns);
  void transmit(size_t pair, uint32_t number, uint64_t intended_ns);
  void refill(size_t pair);
  void send_due(uint64_t now_ns);
  bool is_broken(size_t pair) const { return context_.loop.now() - pairs_[pair].broken_ms < Tick{kNearMs}; }
  void on_delivery(size_t pair, bool receives, const std::optional<MessageView>& view, uint64_t now_ns);
  void accept(size_t pair, const Payload& payload, uint64_t now_ns);
  void acknowledge(size_t pair, uint32_t msg_id);
  void on_recovering_delivery(size_t pair, const MessageView& view, uint64_t now_ns);
  void on_page(size_t pair, std::span<const std::byte> body, uint64_t now_ns);
  void fetch(size_t pair);
  void on_latest_id(size_t pair, std::span<const std::byte> body);
  void on_refusal(size_t pair, std::span<const std::byte> body);

  ScenarioContext context_;
  PairKind kind_;
  uint32_t user_;
  uint32_t begin_;  // of all pairs, the first of this process
  std::vector<Pair> pairs_;
  double rate_;  // a second, this process; 0: closed loop
  std::optional<OpenSchedule> schedule_;
  PaceTimer pace_timer_;
  std::optional<PairRecovery> recovery_;
  bool sending_ = false;
};

std::vector<ClientPlan> PairsScenario::plan() {
  std::vector<ClientPlan> plans;
  for (size_t pair = 0; pair < pairs_.size(); ++pair) {
    const uint32_t number = begin_ + static_cast<uint32_t>(pair);
    plans.push_back({user_of_sender(pair), context_.server_of(number)});
    plans.push_back({user_of_sender(pair) + 1, context_.server_of(number + (context_.options.across ? 1 : 0))});
  }
  return plans;
}

// Everybody is online, so all ids are known.
void PairsScenario::prepare() {
  for (size_t pair = 0; pair < pairs_.size(); ++pair) {
    const uint32_t from = fleet().id(sender(pair));
    const uint32_t to = fleet().id(receiver(pair));
    const uint32_t size = context_.options.size;
    pairs_[pair].to_receiver =
        stored() ? MessageTemplate::chat(from, to, size) : MessageTemplate::relay(from, to, size);
    if (recovery_) fleet().send(receiver(pair), PairRecovery::latest_id_request(to, from).bytes());
  }
}

void PairsScenario::begin(uint64_t start_ns) {
  sending_ = true;
  if (rate_ > 0 && !pairs_.empty()) {
    const double shift = static_cast<double>(context_.share.process) / context_.share.processes;
    schedule_.emplace(start_ns, rate_, shift);
    send_due(monotonic_ns());
    return;
  }
  for (size_t pair = 0; pair < pairs_.size(); ++pair) refill(pair);
}

void PairsScenario::pulse(uint64_t now_ns) {
  if (schedule_) send_due(now_ns);
  if (schedule_ || !sending_) return;
  for (size_t pair = 0; pair < pairs_.size(); ++pair) {
    if (std::exchange(pairs_[pair].refill_later, false)) refill(pair);
  }
}

// Where a receiver may be away, what is acked is done with.
uint32_t PairsScenario::in_flight(const Pair& pair) const {
  const uint32_t sent = pair.answers.sent();
  if (!stored()) return sent - arrived_or_refused(pair);
  if (recovery_) return sent - pair.answers.answered();
  return sent - std::min(pair.answers.answered(), arrived_or_refused(pair));
}

void PairsScenario::refill(size_t pair) {
  if (schedule_) return;
  while (sending_ && in_flight(pairs_[pair]) < context_.options.window && fleet().online(sender(pair))) {
    send_one(pair, monotonic_ns());
  }
}

void PairsScenario::send_one(size_t pair, uint64_t intended_ns) {
  const uint32_t number = pairs_[pair].answers.next();
  ++context_.counters.sent;
  if (recovery_) recovery_->sent(pair, number, intended_ns);
  transmit(pair, number, intended_ns);
}

void PairsScenario::transmit(size_t pair, uint32_t number, uint64_t intended_ns) {
  if (!fleet().online(sender(pair))) return;  // what is open goes when it is back
  const Payload payload{context_.share.run, user_of_sender(pair), number, intended_ns};
  fleet().send(sender(pair), pairs_[pair].to_receiver.stamp(static_cast<uint16_t>(number), payload));
}

// Message i is pair i's (modulo n), whatever has become of that: to pass over a pair that is away, or slow, would leave
// out just the latencies that are long. Where it has too much open, the schedule waits; the times in it stand.
void PairsScenario::send_due(uint64_t now_ns) {
  if (!sending_ || !schedule_) return;
  while (schedule_->due(now_ns)) {
    const size_t pair = schedule_->taken() % pairs_.size();
    if (!recovery_ && !fleet().online(sender(pair))) {
      schedule_->take();
      ++context_.counters.unsent;
      continue;
    }
    if (in_flight(pairs_[pair]) >= kOpenLoopMost) break;
    send_one(pair, schedule_->take());
  }
  pace_timer_.wake_at(schedule_->wake_ns(now_ns));
}

void PairsScenario::stop_sending() {
  const uint64_t now = monotonic_ns();  // one look: what falls due between two was not late
  send_due(now);
  if (sending_ && schedule_) context_.counters.unsent += schedule_->give_up(now);
  sending_ = false;
}

void PairsScenario::on_online(uint32_t client, uint64_t /*took_ns*/, bool again) {
  if (!again) return;
  const size_t pair = (client - first()) / 2;
  pairs_[pair].broken_ms = context_.loop.now();
  if (!recovery_) return refill(pair);
  if (client == receiver(pair)) {
    recovery_->came_back(pair);
    return fetch(pair);
  }
  recovery_->for_each_open(pair, pairs_[pair].answers,
                           [&](uint32_t number, uint64_t intended_ns) { transmit(pair, number, intended_ns); });
  refill(pair);
}

void PairsScenario::on_pdu(uint32_t client, const PduHeader& header, std::span<const std::byte> body, uint64_t now_ns) {
  const size_t pair = (client - first()) / 2;
  const bool receives = client == receiver(pair);
  switch (header.command_id) {
    case kCommandOf<IM::Message::IMMsgData>:
      if (stored()) on_delivery(pair, receives, view_message(body), now_ns);
      break;
    case kCommandOf<IM::SwitchService::IMP2PCmdMsg>:
      if (!stored()) on_delivery(pair, receives, view_command(body), now_ns);
      break;
    case kCommandOf<IM::Message::IMMsgDataAck>: {
      Answers& answers = pairs_[pair].answers;
      const uint32_t number = answers.number_of(header.seq_num);
      if (receives) break;
      if (answers.acked(number)) ++context_.counters.acked;
      if (recovery_) recovery_->forget_answered(pair, answers);
      refill(pair);
      break;
    }
    case kCommandOf<TbError>:
      on_refusal(pair, body);
      break;
    case kCommandOf<IM::Message::IMGetLatestMsgIdRsp>:
      on_latest_id(pair, body);
      break;
    case kCommandOf<IM::Message::IMGetMsgByIdRsp>:
      on_page(pair, body, now_ns);
      break;
    default:
      break;
  }
}

void PairsScenario::on_delivery(size_t pair, bool receives, const std::optional<MessageView>& view, uint64_t now_ns) {
  if (!view) {
    context_.findings.wrong("a delivered message that does not parse");
    return;
  }
  const auto payload = read_payload(view->data);
  if (!payload || payload->run != context_.share.run) return;  // left over from another run
  if (!receives) {
    context_.findings.wrong(fmt::format("message {} of {} came to a sender, {}", payload->number,
                                        context_.access.users.name(payload->sender),
                                        context_.access.users.name(user_of_sender(pair))));
    return;
  }
  if (stored()) acknowledge(pair, view->msg_id);
  if (recovery_) {
    on_recovering_delivery(pair, *view, now_ns);
  } else {
    accept(pair, *payload, now_ns);
  }
}

void PairsScenario::acknowledge(size_t pair, uint32_t msg_id) {
  const uint32_t client = receiver(pair);
  const uint32_t from = fleet().id(sender(pair));
  fleet().send(client, delivery_ack_pdu(fleet().id(client), from, msg_id, false).span());
  const auto now_ms = static_cast<uint32_t>(context_.loop.now());
  const uint32_t every_ms = context_.options.read_ack_ms;
  if (every_ms == 0 || now_ms - pairs_[pair].read_acked_ms < every_ms) return;
  pairs_[pair].read_acked_ms = now_ms;
  fleet().send(client, read_ack_pdu(fleet().id(client), from, msg_id, false).span());
}

void PairsScenario::accept(size_t pair, const Payload& payload, uint64_t now_ns) {
  Pair& its = pairs_[pair];
  if (payload.sender != user_of_sender(pair)) {
    context_.findings.wrong(fmt::format("a message of {} came to {}", context_.access.users.name(payload.sender),
                                        context_.access.users.name(user_of_sender(pair) + 1)));
    return;
  }
  switch (its.arrivals.arrived(payload.number, its.answers.sent())) {
    case Arrival::kLate:
      context_.findings.misordered(describe(pair, payload.number));
      [[fallthrough]];
    case Arrival::kInOrder:
      ++context_.counters.delivered;
      context_.latency.record(now_ns - payload.intended_ns);
      break;
    case Arrival::kDoubled:
      context_.findings.doubled(describe(pair, payload.number));
      break;
    case Arrival::kUnknown:
      context_.findings.wrong(describe(pair, payload.number) + " was delivered, and never sent");
      break;
  }
  refill(pair);
}

void PairsScenario::on_recovering_delivery(size_t pair, const MessageView& view, uint64_t now_ns) {
  switch (recovery_->came(pair, view.msg_id)) {
    case PairRecovery::Place::kNext:
      accept(pair, *read_payload(view.data), now_ns);
      break;
    case PairRecovery::Place::kGap:
      ++context_.counters.gaps;
      if (!is_broken(pair)) {
        context_.findings.wrong("a message before one of " + describe(pair, 0) +
                                " was not delivered by itself, though no connection of theirs had broken");
      }
      fetch(pair);
      break;
    case PairRecovery::Place::kKnown:
      ++context_.counters.pushed_again;
      if (!is_broken(pair)) context_.findings.doubled(describe(pair, read_payload(view.data)->number));
      break;
    case PairRecovery::Place::kBeingFetched:
      break;
  }
}

void PairsScenario::fetch(size_t pair) {
  const uint32_t to = fleet().id(receiver(pair));
  const SharedBytes request = recovery_->page_request(pair, to, fleet().id(sender(pair)));
  fleet().send(receiver(pair), request.bytes());
}

void PairsScenario::on_page(size_t pair, std::span<const std::byte> body, uint64_t now_ns) {
  IM::Message::IMGetMsgByIdRsp page;
  if (!recovery_ || !page.ParseFromArray(body.data(), static_cast<int>(body.size()))) return;
  const auto take = [&](const IM::BaseDefine::MsgInfo& message) {
    const std::string& data = message.msg_data();
    const auto payload = read_payload(std::as_bytes(std::span(data)));
    if (payload && payload->run == context_.share.run) accept(pair, *payload, now_ns);
  };
  switch (recovery_->page_came(pair, page, take)) {
    case PairRecovery::After::kDone:
      break;
    case PairRecovery::After::kAskOn:
      fetch(pair);
      break;
    case PairRecovery::After::kHole:
      context_.findings.wrong(fmt::format("the history of {} has a hole", describe(pair, 0)));
      break;
  }
}

void PairsScenario::on_latest_id(size_t pair, std::span<const std::byte> body) {
  IM::Message::IMGetLatestMsgIdRsp answer;
  if (!recovery_ || !answer.ParseFromArray(body.data(), static_cast<int>(body.size()))) return;
  recovery_->begin_behind(pair, answer.latest_msg_id());
}

void PairsScenario::on_refusal(size_t pair, std::span<const std::byte> body) {
  TbError error;
  if (!error.ParseFromArray(body.data(), static_cast<int>(body.size()))) return;
  ++context_.counters.refused;
  fleet().note_trouble("refused: " + ErrorCode_Name(error.code()) + ": " + error.text());
  Pair& its = pairs_[pair];
  const auto command = static_cast<uint16_t>(error.command_id());
  if (command != kCommandOf<IM::Message::IMMsgData> && command != kCommandOf<IM::SwitchService::IMP2PCmdMsg>) return;
  const auto seq_num = static_cast<uint16_t>(error.seq_num());
  const uint32_t number = stored() ? its.answers.number_of(seq_num) : its.answers.newest_of(seq_num);
  its.answers.was_refused(number);
  its.refill_later = true;
}

bool PairsScenario::settled() const {
  return std::all_of(pairs_.begin(), pairs_.end(), [this](const Pair& pair) {
    const uint32_t sent = pair.answers.sent();
    return arrived_or_refused(pair) >= sent && (!stored() || pair.answers.answered() >= sent);
  });
}

void PairsScenario::judge() {
  for (size_t pair = 0; pair < pairs_.size(); ++pair) {
    const Answers& answers = pairs_[pair].answers;
    const std::vector<uint32_t> missing = pairs_[pair].arrivals.missing(answers.sent());
    for (const uint32_t number : answers.all_refused()) {
      if (recovery_ || std::binary_search(missing.begin(), missing.end(), number)) continue;
      context_.findings.wrong(describe(pair, number) + " was refused, and delivered all the same");
    }
    for (const uint32_t number : missing) {
      if (answers.is_refused(number) || (stored() && !answers.is_acked(number))) continue;
      context_.findings.lost(describe(pair, number) + (stored() ? ", which was acked" : ""));
    }
    if (stored() && answers.answered() < answers.sent()) {
      context_.findings.wrong(fmt::format("{} messages of {} had neither an ack nor an error",
                                          answers.sent() - answers.answered(),
                                          context_.access.users.name(user_of_sender(pair))));
    }
  }
}

std::string PairsScenario::describe(size_t pair, uint32_t number) const {
  const uint32_t user = user_of_sender(pair);
  const std::string from = context_.access.users.name(user);
  const std::string to = context_.access.users.name(user + 1);
  return number == 0 ? fmt::format("{} and {}", from, to) : fmt::format("message {} of {} to {}", number, from, to);
}

}  // namespace

std::unique_ptr<Scenario> make_pairs_scenario(const ScenarioContext& context, PairKind kind, uint32_t user,
                                              uint32_t pairs, double rate) {
  return std::make_unique<PairsScenario>(context, kind, user, pairs, rate);
}

}  // namespace talkbeat::load
