#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "msg_server/store/database.h"
#include "tools/talkctl/import_dump.h"
#include "tools/talkctl/import_report.h"
#include "tools/talkctl/import_staging.h"

namespace talkbeat {

// The rows of a report.
inline constexpr const char* kUserRows = "IMUser";
inline constexpr const char* kDepartmentRows = "IMDepart";
inline constexpr const char* kGroupRows = "IMGroup";
inline constexpr const char* kMemberRows = "IMGroupMember";
inline constexpr const char* kRecentRows = "IMRecentSession";
inline constexpr const char* kMessageRows = "IMMessage_*";
inline constexpr const char* kGroupMessageRows = "IMGroupMessage_*";

/// Takes the rows of a TeamTalk database over into an empty store, with the ids that they have. Tables and columns are
/// matched by name, whatever the case; what is missing has its default. Users and departments go into the store as they
/// come, the rest at the end, when all users are known.
///
///   TeamTalkImport import(database, staging, report);
///   DumpReader reader(source, [&](const DumpRow& row) { return import.take(row); });
///   … reader.read_all(), then import.finish(progress) …
class TeamTalkImport {
 public:
  /// All of them outlive it. The store is empty.
  TeamTalkImport(Database& database, ImportStaging& staging, ImportReport& report)
      : database_(database), staging_(staging), report_(report) {}

  /// One row of the dump. Fails where the store or the scratch file does: what is wrong with a row is counted.
  Status take(const DumpRow& row);

  /// Called now and then while something long goes on: what, and how many are done.
  using Progress = std::function<void(const char* what, uint64_t done)>;
  /// After the last row.
  Status finish(const Progress& progress);

 private:
  // import_teamtalk.cpp: rows
  Status take_user(const DumpRow& row);
  Status take_department(const DumpRow& row);
  Status take_group(const DumpRow& row);
  Status take_member(const DumpRow& row);
  Status take_message(const DumpRow& row, const std::string& table, ConversationKind kind);
  Status take_recent(const DumpRow& row);

  std::string cleaned(const DumpRow& row, const char* column);

  // import_end.cpp: what waited for all users, and the batches
  Status import_groups(const Progress& progress);
  Status import_group(Group group);
  Result<GroupState> state_of(const Group& group);
  Status import_messages(const Progress& progress);
  Status import_removed();
  void add_notes();
  Status skip(const std::string& table, const std::string& why, uint64_t count = 1);
  /// After each write: what became of it is counted, and a batch of many is committed.
  Status count(const std::string& table, const std::optional<StoreError>& refusal);
  template <class T>
  Status count(const std::string& table, const StoreResult<T>& result) {
    return count(table, result.ok() ? std::nullopt : std::optional(result.error()));
  }
  Status begin();
  Status commit();
  Error failure(StoreError error) const;

  Database& database_;
  ImportStaging& staging_;
  ImportReport& report_;
  size_t in_batch_ = 0;
  bool batch_open_ = false;
  uint64_t disabled_ = 0;
  uint64_t cleaned_ = 0;
  uint64_t without_password_ = 0;
};

}  // namespace talkbeat
