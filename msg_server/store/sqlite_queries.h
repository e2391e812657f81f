#pragma once

#include <array>
#include <cstddef>

#include "msg_server/store/sqlite_account_queries.h"
#include "msg_server/store/sqlite_conversation_queries.h"
#include "msg_server/store/sqlite_file_queries.h"
#include "msg_server/store/sqlite_group_queries.h"
#include "msg_server/store/sqlite_import_queries.h"
#include "msg_server/store/sqlite_message_queries.h"
#include "msg_server/store/sqlite_sql.h"

namespace talkbeat {

/// One table of several.
template <size_t... Sizes>
constexpr auto joined(const std::array<SqlText, Sizes>&... parts) {
  std::array<SqlText, (Sizes + ...)> all{};
  auto end = all.begin();
  const auto append = [&end](const auto& part) {
    for (const SqlText& text : part) *end++ = text;
  };
  (append(parts), ...);
  return all;
}

/// All statements, indexed by Sql. A test asks SQLite for the plan of each one and fails where it would read a whole
/// table.
inline constexpr auto kSqlTexts =
    joined(kAccountQueries, kGroupQueries, kMessageQueries, kConversationQueries, kFileQueries, kImportQueries);

constexpr bool in_order(const decltype(kSqlTexts)& texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (static_cast<size_t>(texts[i].id) != i) return false;
  }
  return true;
}
static_assert(in_order(kSqlTexts), "kSqlTexts is indexed by Sql: a statement is missing or out of order");

}  // namespace talkbeat
