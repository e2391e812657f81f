#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace talkbeat {

/// Every statement that SqliteDatabase runs on behalf of others; all are prepared when it opens. The texts stand in
/// sqlite_*_queries.h, in this order.
enum class Sql : uint8_t {
  // sqlite_account_queries.h
  kAddUser,
  kSetPasswordHash,
  kUpgradePasswordHash,
  kRevokeTokens,
  kSetDisabled,
  kFindAccount,
  kProfile,
  kProfilesChanged,
  kUsersAfter,
  kEditProfile,
  kUserEnabled,
  kUserKnown,
  kPutDepartment,
  kDepartmentsChanged,
  kSetDevice,
  kDropDevice,
  kSetPushShield,
  kPushShield,
  kPushTarget,
  kGroupPushTargets,
  // sqlite_group_queries.h
  kAddGroup,
  kAddMember,
  kChangeGroup,
  kRemoveMember,
  kRemoveMembers,
  kDeleteGroup,
  kSetGroupShield,
  kFindGroup,
  kGroupVersion,
  kLongestMember,
  kGroupsOf,
  kGroupsAfter,
  // sqlite_message_queries.h
  kFindByClientKey,
  kAddMessage,
  kAddLargeBody,
  kAddMilestone,
  kFindMilestone,
  kPrevious,
  kMessageBySequence,
  kMessagesAfter,
  kLatestSequence,
  kLowSentAt,
  kOwnSentAt,
  // sqlite_conversation_queries.h
  kAddConversation,
  kFindPair,
  kFindPairOfEnabled,
  kFindMembership,
  kFindGroupConversation,
  kPairsOfLow,
  kPairsOfHigh,
  kMembershipsOf,
  kNoteMessage,
  kNoteSent,
  kKeepPair,
  kMarkMember,
  // sqlite_file_queries.h
  kAddFile,
  kFindFile,
  kCompleteFile,
  kDeleteFile,
  kFilesFor,
  kExpiredFiles,
  kBytesOfSender,
  kBytesOfAll,
  // sqlite_import_queries.h
  kImportUser,
  kImportMember,
  kReadAllPairs,
  kReadAllGroups,
};

struct SqlText {
  Sql id;
  std::string_view text;
};

/// Whether the statement reads or changes what PairCache may know better: all do but those that storing a message
/// consists of. In a batch, kFindPair and kFindPairOfEnabled only look for pairs that the cache does not have.
constexpr bool meets_pairs(Sql id) {
  constexpr std::array kKeepClear{
      Sql::kFindPair,    Sql::kFindPairOfEnabled, Sql::kAddConversation, Sql::kKeepPair,
      Sql::kAddMessage,  Sql::kAddLargeBody,      Sql::kAddMilestone,    Sql::kFindMilestone,
      Sql::kPrevious,    Sql::kLowSentAt,         Sql::kUserEnabled,     Sql::kFindMembership,
      Sql::kNoteMessage, Sql::kNoteSent,          Sql::kMarkMember,      Sql::kGroupVersion};
  return std::ranges::find(kKeepClear, id) == kKeepClear.end();
}

}  // namespace talkbeat
