#pragma once

#include <vector>

#include "msg_server/admin/answers.h"
#include "msg_server/admin/fields.h"
#include "msg_server/store/database.h"

namespace talkbeat::admin {

// The store's records as the API shows them, and what several pages ask the store for. Pure, or work for the store: any
// thread.

Json to_json(const Profile& user);
Json to_json(const Department& department);
Json to_json(const Group& group);

/// Where a list goes on, and how long a page of it is.
struct Page {
  uint32_t after = 0;
  size_t limit = 0;
};

/// ?after=ID&limit=N
Page read_page(Fields& query, size_t max_limit);

/// Deleted ones, too.
StoreResult<std::vector<Department>> all_departments(Database& db);

}  // namespace talkbeat::admin
