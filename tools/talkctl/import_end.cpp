#include <algorithm>
#include <utility>

#include "tools/talkctl/import_teamtalk.h"

// What waits until all users are known, and how it goes into the store.
namespace talkbeat {

namespace {

constexpr size_t kBatch = 1'000;  // writes in one transaction

/// In words that go with "12 messages …".
std::string words_for(StoreError refusal) {
  switch (refusal) {
    case StoreError::kNameTaken:
      return "with a name or an id that an earlier one has";
    case StoreError::kUnknownUser:
      return "of users who are not there";
    case StoreError::kUnknownGroup:
    case StoreError::kNotMember:
      return "of groups that are not there";
    case StoreError::kUnknownConversation:
      return "of conversations without messages";
    default:
      return to_string(refusal);
  }
}

}  // namespace

Status TeamTalkImport::skip(const std::string& table, const std::string& why, uint64_t count) {
  report_.skip(table, why, count);
  return {};
}

Error TeamTalkImport::failure(StoreError error) const {
  const std::string why = database_.last_error();
  return Error{"the store failed: " + (why.empty() ? to_string(error) : why)};
}

Status TeamTalkImport::begin() {
  if (std::exchange(batch_open_, true)) return {};
  return database_.begin_batch();
}

Status TeamTalkImport::commit() {
  in_batch_ = 0;
  if (!std::exchange(batch_open_, false)) return {};
  return database_.commit_batch();
}

Status TeamTalkImport::count(const std::string& table, const std::optional<StoreError>& refusal) {
  if (!refusal) {
    report_.take(table);
  } else if (*refusal == StoreError::kUnavailable || *refusal == StoreError::kBusy) {
    return failure(*refusal);
  } else {
    report_.skip(table, words_for(*refusal));
  }
  return ++in_batch_ < kBatch ? Status() : commit();
}

Status TeamTalkImport::finish(const Progress& progress) {
  if (Status status = commit(); !status.ok()) return status;
  progress("messages are put in order", 0);
  if (Status status = staging_.sort(); !status.ok()) return status;
  if (Status status = import_groups(progress); !status.ok()) return status;
  if (Status status = import_messages(progress); !status.ok()) return status;
  if (Status status = import_removed(); !status.ok()) return status;
  add_notes();
  return {};
}

void TeamTalkImport::add_notes() {
  const auto note = [this](uint64_t count, const char* what) {
    if (count > 0) report_.note(std::to_string(count) + " " + what);
  };
  report_.note("a dump does not tell what is unread: all messages count as read");
  note(disabled_, "users with a status other than 0 are disabled, as in TeamTalk (talkctl user enable NAME)");
  note(without_password_, "users have no password that could be taken over (talkctl user passwd NAME)");
  note(cleaned_, "texts lost bytes that are no UTF-8, control characters, or what was beyond 4 KiB");
}

Status TeamTalkImport::import_groups(const Progress& progress) {
  uint64_t done = 0;
  Status status = staging_.each_group([&](const Group& group) {
    progress("groups", ++done);
    return import_group(group);
  });
  if (!status.ok()) return status;
  const auto orphans = staging_.members_without_group();
  if (!orphans.ok()) return Error{orphans.message()};
  report_.skip(kMemberRows, words_for(StoreError::kUnknownGroup), orphans.value());
  return commit();
}

Status TeamTalkImport::import_group(Group group) {
  const auto creator = staging_.knows_user(group.creator);
  if (!creator.ok()) return Error{creator.message()};
  if (!creator.value()) group.creator = 0;
  const Result<GroupState> state = state_of(group);
  if (!state.ok()) return Error{state.message()};
  if (Status begun = begin(); !begun.ok()) return begun;
  return count(kGroupRows, database_.import_group(state.value()));
}

// TeamTalk shows a member what was written from its joining on: by the time, while our messages have numbers only.
Result<GroupState> TeamTalkImport::state_of(const Group& group) {
  const auto members = staging_.members_of(group.id);
  if (!members.ok()) return Error{members.message()};
  auto times = staging_.times_in(group.id);
  if (!times.ok()) return Error{times.message()};
  std::ranges::sort(times.value());
  GroupState state{group, {}};
  for (const StagedMember& member : members.value()) {
    const auto known = staging_.knows_user(member.user);
    if (!known.ok()) return Error{known.message()};
    if (!known.value()) {
      report_.skip(kMemberRows, words_for(StoreError::kUnknownUser));
      continue;
    }
    report_.take(kMemberRows);
    const auto first = std::ranges::lower_bound(times.value(), member.joined_at);
    state.members.push_back(
        {.user = member.user, .joined_after = static_cast<uint32_t>(first - times.value().begin())});
  }
  return state;
}

Status TeamTalkImport::import_messages(const Progress& progress) {
  uint64_t done = 0;
  Status status = staging_.each_message([&](const NewMessage& message) -> Status {
    progress("messages", ++done);
    if (Status begun = begin(); !begun.ok()) return begun;
    const bool group = message.to.kind == ConversationKind::kGroup;
    return count(group ? kGroupMessageRows : kMessageRows, database_.import_message(message));
  });
  if (!status.ok()) return status;
  if (Status begun = begin(); !begun.ok()) return begun;
  if (const auto read = database_.mark_all_read(); !read.ok()) return failure(read.error());
  return commit();
}

Status TeamTalkImport::import_removed() {
  const Status status = staging_.each_removed([&](UserId user, ConversationRef ref) -> Status {
    if (Status begun = begin(); !begun.ok()) return begun;
    return count(kRecentRows, database_.remove_conversation(user, ref));
  });
  return status.ok() ? commit() : status;
}

}  // namespace talkbeat
