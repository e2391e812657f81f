#pragma once

#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "msg_server/store/store.h"

namespace talkbeat {

/// The members of one group, as far as a delivery needs to know them.
struct GroupMembers {
  struct Member {
    UserId user = 0;
    uint32_t joined_after = 0;  ///< gets only messages with a higher msg_id

    bool operator==(const Member&) const = default;
  };

  GroupId group = 0;
  uint32_t version = 0;
  std::vector<Member> all;  ///< in the order of the users' ids

  const Member* find(UserId user) const;
};

GroupMembers members_of(const GroupState& state);

/// Who is in which group, so that a message to a group costs no look into the store. Each group is kept as of some
/// version; whoever needs a newer one (a message says which) has it loaded first. So a change on another server needs
/// no invalidation: the first message after it carries the new version.
///
/// What is handed over for one group is served in that order, also while the group is being loaded; those who wait
/// share one load. How many may wait is bounded, and past that one is refused at once (kBusy). Groups that were used
/// longest ago make room. Knows no store and no clock: `load` is handed in. Owned by main's MsgServer; the loop's
/// thread only.
///
///   cache.with_members(group, version, pdu.size(), [=](const GroupCache::Found& found) {
///     if (found.ok()) … for (const GroupMembers::Member& member : found.value()->all) …
///   });
class GroupCache {
 public:
  struct Limits {
    size_t members = 1'000'000;        ///< kept, of all groups together
    size_t waiting = 10'000;           ///< uses that wait for a load; one group gets a quarter of it at most
    size_t waiting_bytes = 64U << 20;  ///< what they say that they hold; the same
  };
  struct Stats {
    uint64_t loads = 0;
    uint64_t failed_loads = 0;
    uint64_t refused = 0;  ///< uses past the limits
  };

  /// Valid inside of the call only. kUnknownGroup: there is no such group; kBusy, kUnavailable: it is not known now.
  using Found = StoreResult<const GroupMembers*>;
  using Use = std::function<void(const Found& found)>;
  using Loaded = StoreResult<std::optional<GroupMembers>>;
  /// Reads a group's present state from the store, and calls back later, never inside of the call.
  using Load = std::function<void(GroupId group, std::function<void(Loaded)> done)>;

  GroupCache(Load load, const Limits& limits) : load_(std::move(load)), limits_(limits) {}

  /// Calls `use` with the members as of this version or a newer one: at once where they are known, else later. It must
  /// not call back into the cache. `bytes`: what the use keeps in memory while it waits. False: it waits.
  bool with_members(GroupId group, uint32_t version, size_t bytes, Use use);
  /// The group has just become this.
  void put(GroupMembers members);
  /// The group has been deleted.
  void forget(GroupId group);

  size_t groups() const { return known_.size(); }
  /// A group counts as some members more than it has.
  size_t members() const { return members_; }
  size_t waiting() const { return waiting_; }
  size_t waiting_bytes() const { return waiting_bytes_; }
  const Stats& stats() const { return stats_; }

  /// What a group costs beside its members, in members.
  static constexpr size_t kGroupCost = 16;

 private:
  struct Waiting {
    uint32_t version;
    size_t bytes;
    uint64_t during_load;  // which load was under way when it came; 0: none, it began the first one
    Use use;
  };
  struct Loading {
    uint64_t number = 0;  // of the load under way
    size_t bytes = 0;
    std::deque<Waiting> waiting;
  };
  using Recent = std::list<GroupMembers>;  // the one that was used last comes first

  bool has_room(const Loading& loading, size_t bytes) const;
  bool wait(Loading& loading, Waiting waiting);
  void start_load(GroupId group, Loading& loading);
  void take_loaded(GroupId group, uint64_t number, Loaded loaded);
  void serve(Loading& loading, const Found& found);
  void serve_all(GroupId group, const Found& found);
  void use_now(const Use& use, const Found& found);
  const GroupMembers* known(GroupId group, uint32_t version);
  void keep(GroupMembers members);
  void drop(Recent::iterator place);

  Load load_;
  Limits limits_;
  Recent recent_;
  std::unordered_map<GroupId, Recent::iterator> known_;
  std::unordered_map<GroupId, Loading> loading_;
  size_t members_ = 0;
  size_t waiting_ = 0;
  size_t waiting_bytes_ = 0;
  bool in_use_ = false;
  Stats stats_;
};

/// Loads from this store, which outlives the cache.
GroupCache::Load group_loader(Store& store);

}  // namespace talkbeat
