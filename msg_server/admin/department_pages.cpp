#include <algorithm>
#include <map>

#include "msg_server/admin/fields.h"
#include "msg_server/admin/json_records.h"
#include "msg_server/admin/pages.h"

namespace talkbeat::admin {

namespace {

constexpr size_t kMaxName = 256;

/// What changes of a department; the rest stays.
struct DepartmentEdit {
  std::optional<std::string> name;
  std::optional<uint32_t> parent;
  std::optional<uint32_t> priority;
};

using Departments = std::map<uint32_t, Department>;

StoreResult<Departments> present_departments(Database& db) {
  auto all = all_departments(db);
  if (!all.ok()) return all.error();
  Departments present;
  for (Department& department : all.value()) {
    if (!department.deleted) present.emplace(department.id, std::move(department));
  }
  return present;
}

HttpResponse no_such_department(const std::string& id) {
  return refusal(404, "no department " + id, "GET /api/departments");
}

/// A tree has no rings, and hangs together.
std::optional<HttpResponse> check_parent(const Departments& present, uint32_t id, uint32_t parent) {
  if (parent != 0 && !present.contains(parent)) {
    return refusal(422, "parent: no department " + std::to_string(parent), "0 is the top");
  }
  size_t steps = 0;
  for (uint32_t at = parent; at != 0 && steps <= present.size(); ++steps) {
    if (at == id) return refusal(422, "parent: the department would lie below itself");
    const auto found = present.find(at);
    at = found == present.end() ? 0 : found->second.parent_id;
  }
  return std::nullopt;
}

StoreResult<HttpResponse> put(Database& db, const Departments& present, const Department& department, int64_t now) {
  if (auto refused = check_parent(present, department.id, department.parent_id)) return *refused;
  const auto id = db.put_department(department, now);
  if (!id.ok()) return id.error();
  return json_answer(department.id == 0 ? 201 : 200, {{"id", id.value()}});
}

StoreResult<HttpResponse> change(Database& db, uint32_t id, const DepartmentEdit& edit, int64_t now) {
  const auto present = present_departments(db);
  if (!present.ok()) return present.error();
  Department department;
  if (id != 0) {
    const auto found = present.value().find(id);
    if (found == present.value().end()) return no_such_department(std::to_string(id));
    department = found->second;
  }
  department.name = edit.name.value_or(department.name);
  department.parent_id = edit.parent.value_or(department.parent_id);
  department.priority = edit.priority.value_or(department.priority);
  return put(db, present.value(), department, now);
}

StoreResult<HttpResponse> remove(Database& db, uint32_t id, int64_t now) {
  const auto present = present_departments(db);
  if (!present.ok()) return present.error();
  const auto found = present.value().find(id);
  if (found == present.value().end()) return no_such_department(std::to_string(id));
  const bool parent = std::ranges::any_of(present.value(), [id](const auto& d) { return d.second.parent_id == id; });
  if (parent) return refusal(409, "other departments lie below it", "delete or move them first");
  Department department = found->second;
  department.deleted = true;
  if (const auto put = db.put_department(department, now); !put.ok()) return put.error();
  return json_answer(200, {{"id", id}});
}

}  // namespace

AdminResult list_departments(AdminCall& call) {
  if (auto refused = Fields::of_query(call.request).refusal()) return refused;
  return answer_from_store(call, [](Database& db) -> StoreResult<HttpResponse> {
    const auto present = present_departments(db);
    if (!present.ok()) return present.error();
    Json list = Json::array();
    for (const auto& [id, department] : present.value()) list.push_back(to_json(department));
    return json_answer(200, {{"departments", std::move(list)}});
  });
}

AdminResult add_department(AdminCall& call) {
  Fields fields = Fields::of_body(call.request.body);
  const DepartmentEdit edit{fields.required_plain("name", kMaxName), fields.number("parent", UINT32_MAX),
                            fields.number("priority", UINT32_MAX)};
  if (auto refused = fields.refusal()) return refused;
  return answer_after_write(call, [edit, now = call.now()](Database& db) { return change(db, 0, edit, now); });
}

AdminResult edit_department(AdminCall& call) {
  const auto id = parse_number(call.id, UINT32_MAX);
  if (!id || *id == 0) return no_such_department(call.id);
  Fields fields = Fields::of_body(call.request.body);
  DepartmentEdit edit;
  if (fields.has("name")) edit.name = fields.required_plain("name", kMaxName);
  edit.parent = fields.number("parent", UINT32_MAX);
  edit.priority = fields.number("priority", UINT32_MAX);
  if (auto refused = fields.refusal()) return refused;
  return answer_after_write(call,
                            [id = *id, edit, now = call.now()](Database& db) { return change(db, id, edit, now); });
}

AdminResult delete_department(AdminCall& call) {
  const auto id = parse_number(call.id, UINT32_MAX);
  if (!id) return no_such_department(call.id);
  return answer_after_write(call, [id = *id, now = call.now()](Database& db) { return remove(db, id, now); });
}

}  // namespace talkbeat::admin
