#include "tests/sim/message_check.h"

#include <algorithm>
#include <charconv>

namespace talkbeat::sim {

namespace {

constexpr size_t kPage = 1'000;

std::string text_of(InstanceId id, uint64_t number) {
  return std::to_string(static_cast<uint32_t>(id)) + "." + std::to_string(number);
}

std::string words_for(const std::pair<uint32_t, uint32_t>& conversation) {
  if (conversation.first == 0) return "group " + std::to_string(conversation.second);
  return "users " + std::to_string(conversation.first) + " and " + std::to_string(conversation.second);
}

}  // namespace

InstanceId MessageCheck::add_instance(UserId user) {
  instances_.emplace_back().user = user;
  return static_cast<InstanceId>(instances_.size() - 1);
}

std::string MessageCheck::next_body(InstanceId id, size_t length) {
  std::string body = text_of(id, ++instances_[static_cast<size_t>(id)].sent) + "|";
  if (body.size() < length) body.append(length - body.size(), 'x');
  return body;
}

MessageCheck::Origin MessageCheck::origin_of(const std::string& body) {
  uint32_t instance = UINT32_MAX;
  uint64_t number = 0;
  const char* end = body.data() + body.size();
  const auto first = std::from_chars(body.data(), end, instance);
  if (first.ptr != end) std::from_chars(first.ptr + 1, end, number);
  return {static_cast<InstanceId>(instance), number};
}

MessageCheck::Conversation MessageCheck::key_of(const SequencedMessage& message) {
  if (message.kind == ConversationKind::kGroup) return {0, message.to};
  return std::minmax(message.message.from, message.to);
}

MessageCheck::Conversation MessageCheck::key_of(UserId user, const ConversationId& id) {
  if (id.type == IM::BaseDefine::SESSION_TYPE_GROUP) return {0, id.id};
  return std::minmax(user, id.id);
}

void MessageCheck::committed(Database& database) {
  while (true) {
    const auto page = database.messages_after(last_sequence_, kPage);
    if (!page.ok()) return;
    for (const SequencedMessage& message : page.value()) take(message);
    if (page.value().size() < kPage) return;
  }
}

void MessageCheck::take(const SequencedMessage& message) {
  tally_.add(Happening::kStored);
  last_sequence_ = message.sequence;
  const Conversation conversation = key_of(message);
  const Origin origin = origin_of(message.message.body);
  const std::string name = text_of(origin.instance, origin.number);
  std::vector<Stored>& all = conversations_[conversation];
  if (!stored_.emplace(origin, std::pair(conversation, message.message.msg_id)).second) {
    report_("stored twice", name + " in " + words_for(conversation));
  }
  if (message.message.msg_id != all.size() + 1) {
    report_("a gap among the msg_ids", name + " has " + std::to_string(message.message.msg_id));
  }
  all.push_back({message.sequence, message.message.msg_id, message.message.from, origin});
  if (static_cast<size_t>(origin.instance) >= instances_.size()) {
    report_("stored, and never sent", name);
    return;
  }
  Instance& sender = instances_[static_cast<size_t>(origin.instance)];
  if (sender.user != message.message.from) report_("stored under another name", name);
  uint64_t& last = sender.last_stored[conversation];
  if (origin.number <= last) report_("stored out of order", name + " after " + std::to_string(last));
  last = origin.number;
}

void MessageCheck::acked(InstanceId id, uint64_t number, uint32_t msg_id) {
  tally_.add(Happening::kAcked);
  Instance& instance = instances_[static_cast<size_t>(id)];
  const std::string name = text_of(id, number);
  if (!instance.acked.insert(number).second) report_("acked twice", name);
  const auto found = stored_.find({id, number});
  if (found == stored_.end()) {
    report_("acked, and not stored", name + " as " + std::to_string(msg_id));
  } else if (found->second.second != msg_id) {
    report_("acked under another msg_id",
            name + " is " + std::to_string(found->second.second) + ", not " + std::to_string(msg_id));
  }
}

void MessageCheck::marked_read(InstanceId id, const ConversationId& conversation, uint32_t msg_id) {
  tally_.add(Happening::kMarkedRead);
  const UserId user = instances_[static_cast<size_t>(id)].user;
  uint32_t& highest = read_[{user, key_of(user, conversation)}];
  highest = std::max(highest, msg_id);
}

void MessageCheck::refused(InstanceId id, uint64_t number) {
  report_("refused for good", text_of(id, number));
}

void MessageCheck::kicked_by_nobody(InstanceId id) {
  const Instance& instance = instances_[static_cast<size_t>(id)];
  report_("kicked for a newer login, and there was none", "user " + std::to_string(instance.user));
}

void MessageCheck::synced(InstanceId id) {
  tally_.add(Happening::kSynced);
  instances_[static_cast<size_t>(id)].synced = true;
}

void MessageCheck::shown(InstanceId id, const ReceivedMessage& message) {
  tally_.add(message.mine ? Happening::kShownOfOtherDevice : Happening::kShown);
  Instance& instance = instances_[static_cast<size_t>(id)];
  const Conversation conversation = key_of(instance.user, message.conversation);
  const Origin origin = origin_of(message.body);
  const std::string name = text_of(origin.instance, origin.number) + " (" + words_for(conversation) + ", msg_id " +
                           std::to_string(message.msg_id) + ") to client " + std::to_string(static_cast<uint32_t>(id)) +
                           " of user " + std::to_string(instance.user);
  const auto found = stored_.find(origin);
  if (found == stored_.end() || found->second != std::pair(conversation, message.msg_id)) {
    report_("shown, and not stored as such", name);
    return;
  }
  if (origin.instance == id) report_("shown to who has sent it", name);
  std::vector<uint32_t>& before = instance.shown[conversation];
  if (!before.empty() && before.back() >= message.msg_id) {
    report_(std::ranges::binary_search(before, message.msg_id) ? "shown twice" : "shown out of order", name);
  }
  before.push_back(message.msg_id);
}

void MessageCheck::check_complete(InstanceId id, std::span<const GroupId> groups) const {
  const Instance& instance = instances_[static_cast<size_t>(id)];
  if (!instance.synced) {
    report_("online, and not synced", "client " + std::to_string(static_cast<uint32_t>(id)));
    return;
  }
  for (const auto& [conversation, messages] : conversations_) {
    const bool mine = conversation.first == 0
                          ? std::ranges::find(groups, conversation.second) != groups.end()
                          : conversation.first == instance.user || conversation.second == instance.user;
    if (mine) check_conversation(id, conversation);
  }
}

bool MessageCheck::is_due(const Instance& instance, const Conversation& conversation, const Stored& message) const {
  const auto shown = instance.shown.find(conversation);
  if (shown != instance.shown.end() && message.msg_id > shown->second.front()) return true;
  const auto read = read_.find({instance.user, conversation});
  const uint32_t read_until = read != read_.end() ? read->second : 0;
  return message.from != instance.user && message.msg_id > read_until;
}

void MessageCheck::check_conversation(InstanceId id, const Conversation& conversation) const {
  const Instance& instance = instances_[static_cast<size_t>(id)];
  static const std::vector<uint32_t> kNone;
  const auto seen = instance.shown.find(conversation);
  const std::vector<uint32_t>& shown = seen != instance.shown.end() ? seen->second : kNone;
  for (const Stored& message : conversations_.at(conversation)) {
    const std::string name = text_of(message.origin.instance, message.origin.number) + " (" + words_for(conversation) +
                             ", msg_id " + std::to_string(message.msg_id) + ") client " +
                             std::to_string(static_cast<uint32_t>(id)) + " of user " + std::to_string(instance.user);
    if (message.origin.instance == id) {
      if (!instance.acked.contains(message.origin.number)) report_("stored, and its sender was not told", name);
      continue;
    }
    if (!is_due(instance, conversation, message)) continue;
    if (!std::ranges::binary_search(shown, message.msg_id)) report_("not shown", name);
  }
}

}  // namespace talkbeat::sim
