#include "tools/talkctl/import_teamtalk.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"
#include "msg_server/password.h"
#include "tools/talkctl/user_commands.h"

namespace talkbeat {

namespace {

constexpr size_t kMaxBody = 1 << 20;  // a client's PDU has no more
constexpr size_t kMaxText = 4 << 10;  // of a name, an address, a signature

constexpr const char* kNoNumber = "whose ids or times are no numbers";
constexpr const char* kDeleted = "deleted";

constexpr uint32_t kStatusDeleted = 1;

/// The value, or `otherwise` where the column is missing or NULL; nothing where it is no number of 32 bits.
std::optional<uint32_t> number(const DumpRow& row, const char* column, uint32_t otherwise = 0) {
  const DumpValue* value = row.find(column);
  if (value == nullptr) return otherwise;
  uint32_t parsed = 0;
  const char* end = value->text.data() + value->text.size();
  const auto [stopped, error] = std::from_chars(value->text.data(), end, parsed);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return parsed;
}

std::string text(const DumpRow& row, const char* column) {
  const DumpValue* value = row.find(column);
  return value == nullptr ? std::string() : value->text;
}

/// What other users' clients and terminals can bear: UTF-8 without control characters, of bounded length.
std::string plain(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = decode_utf8(text);
    const size_t length = std::max<size_t>(next.length, 1);
    if (result.size() + length > kMaxText) break;
    if (is_plain_text(text.substr(0, length))) result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

bool is_one_of(const std::string& table, std::string_view family) {
  if (!table.starts_with(family)) return false;
  const std::string_view rest = std::string_view(table).substr(family.size());
  if (rest.empty()) return true;
  return rest.size() > 1 && rest.front() == '_' && rest.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

/// Nothing: text. Else why the message cannot be taken over.
const char* not_text(uint32_t type, ConversationKind kind) {
  // TeamTalk has numbered a group's messages anew since: 2 was its text, 101 its audio.
  const bool group = kind == ConversationKind::kGroup;
  const bool is_text = type == 1 || (group && (type == 17 || type == 2));
  const bool is_audio = type == 18 || type == 101 || (!group && type == 2);
  if (is_text) return nullptr;
  return is_audio ? "audio (its sound is not in the database)" : "of an unknown type";
}

}  // namespace

std::string TeamTalkImport::cleaned(const DumpRow& row, const char* column) {
  const std::string original = text(row, column);
  std::string clean = plain(original);
  if (clean != original) ++cleaned_;
  return clean;
}

Status TeamTalkImport::take(const DumpRow& row) {
  if (row.table == "imuser") return take_user(row);
  if (row.table == "imdepart") return take_department(row);
  if (row.table == "imgroup") return take_group(row);
  if (row.table == "imgroupmember") return take_member(row);
  if (row.table == "imrecentsession") return take_recent(row);
  if (is_one_of(row.table, "immessage")) return take_message(row, kMessageRows, ConversationKind::kSingle);
  if (is_one_of(row.table, "imgroupmessage")) return take_message(row, kGroupMessageRows, ConversationKind::kGroup);
  // A dump may have any number of tables of others.
  constexpr const char* kOthers = "(others)";
  report_.read(kOthers);
  return skip(kOthers, "of tables that have no place in TalkBeat");
}

Status TeamTalkImport::take_user(const DumpRow& row) {
  report_.read(kUserRows);
  const auto id = number(row, "id");
  const auto sex = number(row, "sex");
  const auto department = number(row, "departid");
  const auto status = number(row, "status");
  const auto updated = number(row, "updated");
  const auto quiet = number(row, "push_shield_status");
  if (!id || !sex || !department || !status || !updated || !quiet) return skip(kUserRows, kNoNumber);
  ImportedUser user;
  Profile& profile = user.profile;
  profile.id = *id;
  profile.name = text(row, "name");
  if (!check_user_name(profile.name).ok()) return skip(kUserRows, "whose name is not 1 to 64 bytes of plain UTF-8");
  profile.gender = *sex;
  profile.nick = cleaned(row, "nick");
  if (profile.nick.empty()) profile.nick = profile.name;
  profile.real_name = profile.name;
  profile.avatar_url = cleaned(row, "avatar");
  profile.department_id = *department;
  profile.email = cleaned(row, "email");
  profile.phone = cleaned(row, "phone");
  profile.sign_info = cleaned(row, "sign_info");
  profile.disabled = *status != 0;  // TeamTalk lets nobody else log in
  profile.updated_at = std::max<int64_t>(*updated, 1);
  user.quiet_at_night = *quiet != 0;
  const auto hash = teamtalk_hash(text(row, "password"), text(row, "salt"));
  user.password_hash = hash.value_or("");
  if (Status begun = begin(); !begun.ok()) return begun;
  const StoreResult<Done> imported = database_.import_user(user);
  if (imported.ok()) {
    if (profile.disabled) ++disabled_;
    if (!hash) ++without_password_;
    if (Status added = staging_.add_user(profile.id); !added.ok()) return added;
  }
  return count(kUserRows, imported);
}

Status TeamTalkImport::take_department(const DumpRow& row) {
  report_.read(kDepartmentRows);
  const auto id = number(row, "id");
  const auto parent = number(row, "parentid");
  const auto priority = number(row, "priority");
  const auto status = number(row, "status");
  const auto updated = number(row, "updated");
  if (!id || *id == 0 || !parent || !priority || !status || !updated) return skip(kDepartmentRows, kNoNumber);
  Department department;
  department.id = *id;
  department.parent_id = *parent;
  department.priority = *priority;
  department.name = cleaned(row, "departname");
  department.deleted = *status == kStatusDeleted;
  if (Status begun = begin(); !begun.ok()) return begun;
  return count(kDepartmentRows, database_.put_department(department, std::max<int64_t>(*updated, 1)));
}

Status TeamTalkImport::take_group(const DumpRow& row) {
  report_.read(kGroupRows);
  const auto id = number(row, "id");
  const auto creator = number(row, "creator");
  const auto type = number(row, "type", 1);
  const auto status = number(row, "status");
  const auto version = number(row, "version", 1);
  const auto created = number(row, "created");
  if (!id || *id == 0 || !creator || !type || !status || !version || !created) return skip(kGroupRows, kNoNumber);
  if (*status == kStatusDeleted) return skip(kGroupRows, kDeleted);
  Group group;
  group.id = *id;
  group.kind = *type == 2 ? GroupKind::kTemporary : GroupKind::kNormal;
  group.version = std::max(*version, 1u);
  group.name = cleaned(row, "name");
  group.avatar_url = cleaned(row, "avatar");
  group.creator = *creator;
  group.created_at = *created;
  const auto added = staging_.add(group);
  if (!added.ok()) return Error{added.message()};
  return added.value() ? Status() : skip(kGroupRows, "with an id that an earlier one has");
}

Status TeamTalkImport::take_member(const DumpRow& row) {
  report_.read(kMemberRows);
  const auto group = number(row, "groupid");
  const auto user = number(row, "userid");
  const auto status = number(row, "status");
  const auto created = number(row, "created");
  if (!group || !user || !status || !created) return skip(kMemberRows, kNoNumber);
  if (*status == kStatusDeleted) return skip(kMemberRows, "who have left");
  const auto added = staging_.add(StagedMember{*group, *user, *created});
  if (!added.ok()) return Error{added.message()};
  return added.value() ? Status() : skip(kMemberRows, "who are in it twice");
}

Status TeamTalkImport::take_message(const DumpRow& row, const std::string& table, ConversationKind kind) {
  report_.read(table);
  const bool group = kind == ConversationKind::kGroup;
  const auto from = number(row, group ? "userid" : "fromid");
  const auto to = number(row, group ? "groupid" : "toid");
  const auto msg_id = number(row, "msgid");
  const auto row_id = number(row, "id");
  const auto type = number(row, "type", 1);
  const auto status = number(row, "status");
  const auto created = number(row, "created");
  if (!from || !to || !msg_id || !row_id || !type || !status || !created) return skip(table, kNoNumber);
  if (*status == kStatusDeleted) return skip(table, kDeleted);
  if (const char* why = not_text(*type, kind)) return skip(table, why);
  const DumpValue* content = row.find("content");
  if (content == nullptr || content->text.empty()) return skip(table, "empty");
  if (content->cut || content->text.size() > kMaxBody) return skip(table, "longer than 1 MiB");
  if (!group && *from == *to) return skip(table, "from users to themselves");
  StagedMessage staged;
  staged.message.from = *from;
  staged.message.to = {kind, *to};
  staged.message.type = group ? 17 : 1;
  staged.message.body = content->text;
  staged.message.created_at = *created;
  staged.msg_id = *msg_id;
  staged.row_id = *row_id;
  return staging_.add(staged);
}

Status TeamTalkImport::take_recent(const DumpRow& row) {
  report_.read(kRecentRows);
  const auto user = number(row, "userid");
  const auto peer = number(row, "peerid");
  const auto type = number(row, "type", 1);
  const auto status = number(row, "status");
  if (!user || !peer || !type || !status || *type < 1 || *type > 2) return skip(kRecentRows, kNoNumber);
  // The others follow from the messages.
  if (*status != kStatusDeleted) {
    report_.take(kRecentRows);
    return {};
  }
  return staging_.add_removed(*user, {static_cast<ConversationKind>(*type), *peer});
}

}  // namespace talkbeat
