#include "msg_server/admin/group_requests.h"

#include <utility>

namespace talkbeat::admin {

namespace {

using Lists = std::vector<FoundUsers>;

constexpr size_t kNamedUnknown = 10;  // of more, the first ones stand for all

HttpResponse unknown_users(const std::string& field, const std::vector<std::string>& unknown) {
  std::string text = field + ": no ";
  for (size_t i = 0; i < unknown.size() && i < kNamedUnknown; ++i) text.append(i == 0 ? "" : ", ").append(unknown[i]);
  if (unknown.size() > kNamedUnknown) text += " and " + std::to_string(unknown.size() - kNamedUnknown) + " more";
  return refusal(422, text, "nothing was changed");
}

StoreResult<Checked<Lists>> find_all(Database& db, const std::vector<NamedUsers>& named) {
  Lists lists;
  for (const auto& [field, users] : named) {
    auto found = find_users(db, users);
    if (!found.ok()) return found.error();
    if (!found.value().unknown.empty()) return Checked<Lists>{{}, unknown_users(field, found.value().unknown)};
    lists.push_back(std::move(found.value()));
  }
  return Checked<Lists>{std::move(lists)};
}

}  // namespace

void find_users_then(const AdminCall& call, std::vector<NamedUsers> named, std::function<void(const Lists&)> go_on) {
  call.server().store.read<Checked<Lists>>(
      [named = std::move(named)](Database& db) { return find_all(db, named); },
      unless_refused<Lists>(call.reply, [go_on = std::move(go_on)](const Lists& found) { go_on(found); }));
}

}  // namespace talkbeat::admin
