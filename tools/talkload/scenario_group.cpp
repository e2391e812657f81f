#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/pdu_protocol.h"
#include "proto/command_of.h"
#include "tools/talkload/group_ledger.h"
#include "tools/talkload/pace_timer.h"
#include "tools/talkload/pdu_templates.h"
#include "tools/talkload/scenario.h"
#include "tools/talkload/wire_views.h"

// Groups: a few members of each write, all others are to get everything. The groups are made when all are online, by
// their first members. One process holds all members of a group, so all can be checked here.
namespace talkbeat::load {

namespace {

constexpr uint32_t kMostOpen = Answers::kMaxOpen / 2;
constexpr uint32_t kNamedAtOnce = 1'000;  // users in one request, as servers allow it

struct Group {
  Group(uint32_t members, uint32_t senders) : ledger(members, senders), read_acked_ms(members) {}

  GroupLedger ledger;
  std::vector<MessageTemplate> templates;  // of each sender
  std::vector<uint32_t> read_acked_ms;     // of each member
  uint32_t id = 0;
  uint32_t joined = 0;  // members that are in it by now
  bool refill_later = false;
};

class GroupScenario final : public Scenario {
 public:
  GroupScenario(const ScenarioContext& context, uint32_t user, double rate)
      : context_(context),
        user_(user),
        begin_(context.share.first(context.options.groups)),
        rate_(context.share.rate_of(rate, context.options.groups)),
        pace_timer_(context.loop, [this] { send_due(monotonic_ns()); }) {
    for (uint32_t number = begin_; number < context.share.last(context.options.groups); ++number) {
      groups_.emplace_back(members(), context.options.senders);
    }
  }

  std::vector<ClientPlan> plan() override;
  void prepare() override;
  bool prepared() const override { return ready_ == groups_.size(); }
  void begin(uint64_t start_ns) override;
  void pulse(uint64_t now_ns) override;
  void stop_sending() override;
  bool settled() const override {
    return std::all_of(groups_.begin(), groups_.end(), [](const Group& group) { return group.ledger.settled(); });
  }
  void judge() override;

  void on_pdu(uint32_t client, const PduHeader& header, std::span<const std::byte> body, uint64_t now_ns) override;

 private:
  struct Member {
    size_t group;
    uint32_t number;
  };

  uint32_t members() const { return context_.options.members; }
  uint32_t client_of(size_t group, uint32_t member) const {
    return first() + static_cast<uint32_t>(group) * members() + member;
  }
  uint32_t user_of(size_t group, uint32_t member) const {
    return user_ + (begin_ + static_cast<uint32_t>(group)) * members() + member;
  }
  Member member_of(uint32_t client) const { return {(client - first()) / members(), (client - first()) % members()}; }

  void create(size_t group);
  void add_rest(size_t group);
  void on_joined(size_t group, uint32_t result, int joined);
  void on_group_answer(size_t group, uint16_t command, std::span<const std::byte> body);
  void refill(size_t group, uint32_t sender);
  void send_one(size_t group, uint32_t sender, uint64_t intended_ns);
  void send_due(uint64_t now_ns);
  void on_message(Member to, std::span<const std::byte> body, uint64_t now_ns);
  void acknowledge(Member member, uint32_t msg_id);
  void on_refusal(Member sender, std::span<const std::byte> body);
  std::string describe(size_t group, uint32_t sender, uint32_t number, uint32_t member) const;

  ScenarioContext context_;
  uint32_t user_;
  uint32_t begin_;  // of all groups, the first of this process
  double rate_;     // messages (not deliveries) a second, this process; 0: closed loop
  std::vector<Group> groups_;
  std::optional<OpenSchedule> schedule_;
  PaceTimer pace_timer_;
  size_t ready_ = 0;
  bool sending_ = false;
};

std::vector<ClientPlan> GroupScenario::plan() {
  std::vector<ClientPlan> plans;
  for (size_t group = 0; group < groups_.size(); ++group) {
    for (uint32_t member = 0; member < members(); ++member) {
      plans.push_back({user_of(group, member), context_.server_of(member)});
    }
  }
  return plans;
}

void GroupScenario::prepare() {
  for (size_t group = 0; group < groups_.size(); ++group) create(group);
}

void GroupScenario::create(size_t group) {
  IM::Group::IMGroupCreateReq request;
  request.set_user_id(fleet().id(client_of(group, 0)));
  request.set_group_type(IM::BaseDefine::GROUP_TYPE_TMP);
  request.set_group_name(fmt::format("load {}", begin_ + group + 1));
  request.set_group_avatar("");
  const uint32_t named = std::min(members(), kNamedAtOnce);
  for (uint32_t member = 1; member < named; ++member) request.add_member_id_list(fleet().id(client_of(group, member)));
  groups_[group].joined = named;
  fleet().send(client_of(group, 0), encode_pdu(request).bytes());
}

void GroupScenario::add_rest(size_t group) {
  Group& its = groups_[group];
  IM::Group::IMGroupChangeMemberReq request;
  request.set_user_id(fleet().id(client_of(group, 0)));
  request.set_change_type(IM::BaseDefine::GROUP_MODIFY_TYPE_ADD);
  request.set_group_id(its.id);
  const uint32_t until = std::min(members(), its.joined + kNamedAtOnce);
  for (; its.joined < until; ++its.joined) request.add_member_id_list(fleet().id(client_of(group, its.joined)));
  fleet().send(client_of(group, 0), encode_pdu(request).bytes());
}

void GroupScenario::on_group_answer(size_t group, uint16_t command, std::span<const std::byte> body) {
  if (command == kCommandOf<IM::Group::IMGroupCreateRsp>) {
    IM::Group::IMGroupCreateRsp answer;
    if (!answer.ParseFromArray(body.data(), static_cast<int>(body.size()))) return;
    groups_[group].id = answer.group_id();
    on_joined(group, answer.result_code(), answer.user_id_list_size());
    return;
  }
  IM::Group::IMGroupChangeMemberRsp answer;
  if (!answer.ParseFromArray(body.data(), static_cast<int>(body.size()))) return;
  on_joined(group, answer.result_code(), answer.cur_user_id_list_size());
}

void GroupScenario::on_joined(size_t group, uint32_t result, int joined) {
  Group& its = groups_[group];
  if (result != 0) {
    fleet().note_trouble(fmt::format("a group could not be made: {}", ErrorCode_Name(static_cast<ErrorCode>(result))));
    return;
  }
  if (static_cast<uint32_t>(joined) < members()) {
    if (its.joined < members()) {
      add_rest(group);
    } else {
      fleet().note_trouble(fmt::format("all {} members were named, and a group has {}", members(), joined));
    }
    return;
  }
  for (uint32_t sender = 0; sender < its.ledger.senders(); ++sender) {
    const uint32_t from = fleet().id(client_of(group, sender));
    its.templates.push_back(MessageTemplate::group(from, its.id, context_.options.size));
  }
  ++ready_;
}

void GroupScenario::begin(uint64_t start_ns) {
  sending_ = true;
  if (rate_ > 0 && !groups_.empty()) {
    const double shift = static_cast<double>(context_.share.process) / context_.share.processes;
    schedule_.emplace(start_ns, rate_, shift);
    send_due(monotonic_ns());
    return;
  }
  for (size_t group = 0; group < groups_.size(); ++group) {
    for (uint32_t sender = 0; sender < groups_[group].ledger.senders(); ++sender) refill(group, sender);
  }
}

void GroupScenario::pulse(uint64_t now_ns) {
  if (schedule_) send_due(now_ns);
  if (schedule_ || !sending_) return;
  for (size_t group = 0; group < groups_.size(); ++group) {
    if (!std::exchange(groups_[group].refill_later, false)) continue;
    for (uint32_t sender = 0; sender < groups_[group].ledger.senders(); ++sender) refill(group, sender);
  }
}

void GroupScenario::refill(size_t group, uint32_t sender) {
  if (schedule_ || !fleet().online(client_of(group, sender))) return;
  while (sending_ && groups_[group].ledger.in_flight(sender) < context_.options.window) {
    send_one(group, sender, monotonic_ns());
  }
}

void GroupScenario::send_one(size_t group, uint32_t sender, uint64_t intended_ns) {
  Group& its = groups_[group];
  const uint32_t number = its.ledger.sender(sender).next();
  ++context_.counters.sent;
  const Payload payload{context_.share.run, user_of(group, sender), number, intended_ns};
  fleet().send(client_of(group, sender), its.templates[sender].stamp(static_cast<uint16_t>(number), payload));
}

// Groups in turn, and in each its senders. None is passed over: where one has too much open, the schedule waits, and
// the times in it stand.
void GroupScenario::send_due(uint64_t now_ns) {
  if (!sending_ || !schedule_) return;
  while (schedule_->due(now_ns)) {
    const uint64_t turn = schedule_->taken();
    const size_t group = turn % groups_.size();
    const auto sender = static_cast<uint32_t>(turn / groups_.size() % context_.options.senders);
    if (groups_[group].ledger.in_flight(sender) >= kMostOpen) break;
    const uint64_t intended_ns = schedule_->take();
    if (fleet().online(client_of(group, sender))) {
      send_one(group, sender, intended_ns);
    } else {
      ++context_.counters.unsent;
    }
  }
  pace_timer_.wake_at(schedule_->wake_ns(now_ns));
}

void GroupScenario::stop_sending() {
  const uint64_t now = monotonic_ns();  // one look: what falls due between two was not late
  send_due(now);
  if (sending_ && schedule_) context_.counters.unsent += schedule_->give_up(now);
  sending_ = false;
}

void GroupScenario::on_pdu(uint32_t client, const PduHeader& header, std::span<const std::byte> body, uint64_t now_ns) {
  const Member member = member_of(client);
  switch (header.command_id) {
    case kCommandOf<IM::Message::IMMsgData>:
      on_message(member, body, now_ns);
      break;
    case kCommandOf<IM::Message::IMMsgDataAck>: {
      if (member.number >= context_.options.senders) break;
      Answers& answers = groups_[member.group].ledger.sender(member.number);
      if (answers.acked(answers.number_of(header.seq_num))) ++context_.counters.acked;
      refill(member.group, member.number);
      break;
    }
    case kCommandOf<IM::Group::IMGroupCreateRsp>:
    case kCommandOf<IM::Group::IMGroupChangeMemberRsp>:
      if (member.number == 0) on_group_answer(member.group, header.command_id, body);
      break;
    case kCommandOf<TbError>:
      on_refusal(member, body);
      break;
    default:
      break;
  }
}

void GroupScenario::on_message(Member to, std::span<const std::byte> body, uint64_t now_ns) {
  const auto view = view_message(body);
  if (!view) {
    context_.findings.wrong("a delivered message that does not parse");
    return;
  }
  const auto payload = read_payload(view->data);
  Group& its = groups_[to.group];
  if (!payload || payload->run != context_.share.run) return;  // left over from another run
  if (view->to != its.id) {
    context_.findings.wrong(fmt::format("message {} of {} to group {} came to {}, who is not in it", payload->number,
                                        context_.access.users.name(payload->sender), view->to,
                                        context_.access.users.name(user_of(to.group, to.number))));
    return;
  }
  const uint32_t sender = payload->sender - user_of(to.group, 0);
  if (sender >= its.ledger.senders() || sender == to.number) {
    context_.findings.wrong(describe(to.group, sender, payload->number, to.number) + " does not belong there");
    return;
  }
  acknowledge(to, view->msg_id);
  switch (its.ledger.arrived(to.number, sender, payload->number)) {
    case Arrival::kLate:
      context_.findings.misordered(describe(to.group, sender, payload->number, to.number));
      [[fallthrough]];
    case Arrival::kInOrder:
      ++context_.counters.delivered;
      context_.latency.record(now_ns - payload->intended_ns);
      break;
    case Arrival::kDoubled:
      context_.findings.doubled(describe(to.group, sender, payload->number, to.number));
      break;
    case Arrival::kUnknown:
      context_.findings.wrong(describe(to.group, sender, payload->number, to.number) + ": nobody has sent that");
      break;
  }
  refill(to.group, sender);
}

void GroupScenario::acknowledge(Member member, uint32_t msg_id) {
  Group& its = groups_[member.group];
  const uint32_t client = client_of(member.group, member.number);
  const uint32_t user = fleet().id(client);
  if (context_.options.member_acks) fleet().send(client, delivery_ack_pdu(user, its.id, msg_id, true).span());
  const auto now_ms = static_cast<uint32_t>(context_.loop.now());
  const uint32_t every_ms = context_.options.read_ack_ms;
  if (every_ms == 0 || now_ms - its.read_acked_ms[member.number] < every_ms) return;
  its.read_acked_ms[member.number] = now_ms;
  fleet().send(client, read_ack_pdu(user, its.id, msg_id, true).span());
}

void GroupScenario::on_refusal(Member sender, std::span<const std::byte> body) {
  TbError error;
  if (!error.ParseFromArray(body.data(), static_cast<int>(body.size()))) return;
  ++context_.counters.refused;
  fleet().note_trouble("refused: " + ErrorCode_Name(error.code()) + ": " + error.text());
  if (error.command_id() != kCommandOf<IM::Message::IMMsgData> || sender.number >= context_.options.senders) return;
  Answers& answers = groups_[sender.group].ledger.sender(sender.number);
  answers.was_refused(answers.number_of(static_cast<uint16_t>(error.seq_num())));
  groups_[sender.group].refill_later = true;
}

void GroupScenario::judge() {
  for (size_t group = 0; group < groups_.size(); ++group) {
    const GroupLedger& ledger = groups_[group].ledger;
    ledger.for_each_lost([&](uint32_t member, uint32_t sender, uint32_t number) {
      context_.findings.lost(describe(group, sender, number, member) + ", which was acked");
    });
    ledger.for_each_refused_and_there([&](uint32_t member, uint32_t sender, uint32_t number) {
      context_.findings.wrong(describe(group, sender, number, member) + " was refused, and delivered all the same");
    });
    for (uint32_t sender = 0; sender < ledger.senders(); ++sender) {
      const Answers& answers = ledger.sender(sender);
      if (answers.answered() == answers.sent()) continue;
      context_.findings.wrong(fmt::format("{} messages of {} had neither an ack nor an error",
                                          answers.sent() - answers.answered(),
                                          context_.access.users.name(user_of(group, sender))));
    }
  }
}

std::string GroupScenario::describe(size_t group, uint32_t sender, uint32_t number, uint32_t member) const {
  const UserBook& users = context_.access.users;
  return fmt::format("message {} of {} in group {} to {}", number, users.name(user_of(group, sender)),
                     groups_[group].id, users.name(user_of(group, member)));
}

}  // namespace

std::unique_ptr<Scenario> make_group_scenario(const ScenarioContext& context, uint32_t user, double rate) {
  return std::make_unique<GroupScenario>(context, user, rate);
}

}  // namespace talkbeat::load
