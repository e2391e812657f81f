#include "msg_server/groups/group_cache.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace talkbeat {

namespace {

// One busy group must not take the room of all the others.
constexpr size_t kShareOfOneGroup = 4;

size_t cost_of(const GroupMembers& members) {
  return members.all.size() + GroupCache::kGroupCost;
}

}  // namespace

const GroupMembers::Member* GroupMembers::find(UserId user) const {
  const auto found = std::ranges::lower_bound(all, user, {}, &Member::user);
  return found != all.end() && found->user == user ? &*found : nullptr;
}

GroupMembers members_of(const GroupState& state) {
  GroupMembers members{state.group.id, state.group.version, {}};
  members.all.reserve(state.members.size());
  for (const GroupMember& member : state.members) members.all.push_back({member.user, member.joined_after});
  return members;
}

bool GroupCache::with_members(GroupId group, uint32_t version, size_t bytes, Use use) {
  CHECK(!in_use_);
  // Behind what waits already, even where what is known would do.
  if (const auto loading = loading_.find(group); loading != loading_.end()) {
    return !wait(loading->second, {version, bytes, loading->second.number, std::move(use)});
  }
  if (const GroupMembers* members = known(group, version)) {
    use_now(use, members);
    return true;
  }
  Loading loading;
  if (!wait(loading, {version, bytes, 0, std::move(use)})) return true;
  start_load(group, loading_[group] = std::move(loading));
  return false;
}

bool GroupCache::has_room(const Loading& loading, size_t bytes) const {
  // Whoever comes alone has room whatever its size, or it would be refused for ever.
  if (waiting_ == 0) return true;
  return waiting_ < limits_.waiting && waiting_bytes_ + bytes <= limits_.waiting_bytes &&
         loading.waiting.size() < limits_.waiting / kShareOfOneGroup &&
         loading.bytes + bytes <= limits_.waiting_bytes / kShareOfOneGroup;
}

// False: there is no room, and it has been told so.
bool GroupCache::wait(Loading& loading, Waiting waiting) {
  if (!has_room(loading, waiting.bytes)) {
    ++stats_.refused;
    use_now(waiting.use, StoreError::kBusy);
    return false;
  }
  ++waiting_;
  waiting_bytes_ += waiting.bytes;
  loading.bytes += waiting.bytes;
  loading.waiting.push_back(std::move(waiting));
  return true;
}

void GroupCache::start_load(GroupId group, Loading& loading) {
  loading.number = ++stats_.loads;
  load_(group,
        [this, group, number = loading.number](Loaded loaded) { take_loaded(group, number, std::move(loaded)); });
}

void GroupCache::take_loaded(GroupId group, uint64_t number, Loaded loaded) {
  const auto found = loading_.find(group);
  if (found == loading_.end() || found->second.number != number) return;  // put() has been quicker
  if (!loaded.ok() || !loaded.value()) {
    if (!loaded.ok()) ++stats_.failed_loads;
    serve_all(group, loaded.ok() ? StoreError::kUnknownGroup : loaded.error());
    return;
  }
  GroupMembers& members = *loaded.value();
  Loading& loading = found->second;
  while (!loading.waiting.empty()) {
    // It needs what this load may not have seen yet, since it came while the load was under way. (One that came before
    // takes what there is: the store knows no better.)
    const Waiting& next = loading.waiting.front();
    if (next.version > members.version && next.during_load == number) {
      start_load(group, loading);
      return;
    }
    serve(loading, &members);
  }
  loading_.erase(found);
  keep(std::move(members));
}

void GroupCache::serve(Loading& loading, const Found& found) {
  const Waiting next = std::move(loading.waiting.front());
  loading.waiting.pop_front();
  loading.bytes -= next.bytes;
  waiting_bytes_ -= next.bytes;
  --waiting_;
  use_now(next.use, found);
}

void GroupCache::serve_all(GroupId group, const Found& found) {
  const auto loading = loading_.find(group);
  if (loading == loading_.end()) return;
  while (!loading->second.waiting.empty()) serve(loading->second, found);
  loading_.erase(loading);
}

void GroupCache::use_now(const Use& use, const Found& found) {
  in_use_ = true;
  use(found);
  in_use_ = false;
}

void GroupCache::put(GroupMembers members) {
  CHECK(!in_use_);
  if (const auto loading = loading_.find(members.group); loading != loading_.end()) {
    const auto newer = [&](const Waiting& waiting) { return waiting.version > members.version; };
    if (std::ranges::any_of(loading->second.waiting, newer)) return;
    serve_all(members.group, &members);
  }
  keep(std::move(members));
}

void GroupCache::forget(GroupId group) {
  CHECK(!in_use_);
  serve_all(group, StoreError::kUnknownGroup);
  if (const auto found = known_.find(group); found != known_.end()) drop(found->second);
}

const GroupMembers* GroupCache::known(GroupId group, uint32_t version) {
  const auto found = known_.find(group);
  if (found == known_.end() || found->second->version < version) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return &*found->second;
}

void GroupCache::keep(GroupMembers members) {
  if (const auto found = known_.find(members.group); found != known_.end()) {
    if (found->second->version > members.version) return;
    drop(found->second);
  }
  const size_t cost = cost_of(members);
  if (cost > limits_.members) return;
  while (members_ + cost > limits_.members) drop(std::prev(recent_.end()));
  const GroupId group = members.group;
  recent_.push_front(std::move(members));
  known_[group] = recent_.begin();
  members_ += cost;
}

void GroupCache::drop(Recent::iterator place) {
  members_ -= cost_of(*place);
  known_.erase(place->group);
  recent_.erase(place);
}

GroupCache::Load group_loader(Store& store) {
  using Members = std::optional<GroupMembers>;
  return [&store](GroupId group, std::function<void(GroupCache::Loaded)> done) {
    const auto load = [group](Database& db) -> StoreResult<Members> {
      const StoreResult<std::optional<GroupState>> state = db.find_group(group);
      if (!state.ok()) return state.error();
      return state.value() ? Members(members_of(*state.value())) : Members();
    };
    store.read<Members>(load, std::move(done));
  };
}

}  // namespace talkbeat
