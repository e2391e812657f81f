#include "msg_server/admin/json_records.h"

#include <algorithm>

namespace talkbeat::admin {

namespace {

constexpr size_t kDefaultLimit = 100;
constexpr size_t kDepartmentsAtATime = 1'000;

}  // namespace

Json to_json(const Profile& user) {
  return {{"id", user.id},
          {"name", user.name},
          {"nick", user.nick},
          {"real_name", user.real_name},
          {"gender", user.gender},
          {"avatar_url", user.avatar_url},
          {"department", user.department_id},
          {"email", user.email},
          {"phone", user.phone},
          {"sign_info", user.sign_info},
          {"disabled", user.disabled},
          {"updated_at", user.updated_at}};
}

Json to_json(const Department& department) {
  return {{"id", department.id},
          {"name", department.name},
          {"parent", department.parent_id},
          {"priority", department.priority},
          {"updated_at", department.updated_at}};
}

Json to_json(const Group& group) {
  return {{"id", group.id},
          {"name", group.name},
          {"kind", group.kind == GroupKind::kNormal ? "normal" : "temporary"},
          {"version", group.version},
          {"avatar_url", group.avatar_url},
          {"creator", group.creator},
          {"created_at", group.created_at}};
}

Page read_page(Fields& query, size_t max_limit) {
  const auto max = static_cast<uint32_t>(max_limit);
  Page page{query.number("after", UINT32_MAX).value_or(0), std::min(kDefaultLimit, max_limit)};
  if (const auto limit = query.number("limit", max)) page.limit = std::max(*limit, 1U);
  return page;
}

StoreResult<std::vector<Department>> all_departments(Database& db) {
  std::vector<Department> all;
  int64_t since = -1;
  uint32_t after = 0;
  while (true) {
    auto page = db.departments_changed(since, after, kDepartmentsAtATime);
    if (!page.ok()) return page.error();
    const bool last = page.value().size() < kDepartmentsAtATime;
    for (Department& department : page.value()) all.push_back(std::move(department));
    if (last) return all;
    since = all.back().updated_at - 1;
    after = all.back().id;
  }
}

}  // namespace talkbeat::admin
