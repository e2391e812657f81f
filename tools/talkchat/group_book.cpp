#include "tools/talkchat/group_book.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "tools/client/terminal_text.h"

namespace talkbeat {

using namespace IM::Group;
using IM::BaseDefine::GroupVersionInfo;

namespace {

constexpr size_t kGroupsPerRequest = 100;

std::optional<uint32_t> number_in(const std::string& text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string GroupBook::name_of(uint32_t id) const {
  const auto found = groups_.find(id);
  const bool named = found != groups_.end() && !found->second.group_name().empty();
  return "#" + (named ? printable(found->second.group_name()) : std::to_string(id));
}

std::optional<Result<uint32_t>> GroupBook::known(const std::string& text) const {
  const std::string name = text.starts_with('#') ? text.substr(1) : text;
  std::vector<uint32_t> ids;
  for (const auto& [id, group] : groups_) {
    if (group.group_name() == name) ids.push_back(id);
  }
  const auto number = number_in(name);
  if (ids.empty() && number && groups_.contains(*number)) ids.push_back(*number);
  if (ids.empty()) return std::nullopt;
  if (ids.size() == 1) return Result<uint32_t>(ids.front());
  std::string choice;
  for (const uint32_t id : ids) choice += (choice.empty() ? "#" : ", #") + std::to_string(id);
  return Result<uint32_t>(Error{"several groups are called " + printable(name) + ": say which by number: " + choice});
}

void GroupBook::find(const std::string& text, std::function<void(Result<uint32_t>)> done) {
  if (const auto found = known(text)) {
    done(*found);
    return;
  }
  refresh([this, text, done](Status status) {
    const auto found = known(text);
    if (found) {
      done(*found);
    } else if (status.ok()) {
      done(Error{"you are in no group " + printable(text)});
    } else {
      done(Error{status.message()});
    }
  });
}

void GroupBook::learn(uint32_t id, std::function<void()> done) {
  if (knows(id)) {
    done();
    return;
  }
  GroupVersionInfo wanted;
  wanted.set_group_id(id);
  wanted.set_version(0);
  ask_info({wanted}, [this, id, done](const Status& status) {
    // There is none, or the server does not say: not to ask again.
    if (status.ok() || client_.state() == ClientState::kOnline) groups_.try_emplace(id);
    done();
  });
}

void GroupBook::take(const GroupChange& change) {
  const auto found = groups_.find(change.group);
  const bool in = std::ranges::count(change.members, client_.info().user_id) > 0;
  if (!in || change.changed.empty()) {  // the name or the picture: it is fetched anew
    groups_.erase(change.group);
  } else if (found != groups_.end()) {
    found->second.mutable_group_member_list()->Assign(change.members.begin(), change.members.end());
    found->second.set_version(0);  // the next refresh brings the rest
  }
}

void GroupBook::refresh(std::function<void(Status)> done) {
  IMNormalGroupListReq request;
  request.set_user_id(client_.info().user_id);
  request.set_temporary_too(true);
  client_.request<IMNormalGroupListReq, IMNormalGroupListRsp>(
      request, [this, done](Result<IMNormalGroupListRsp> answer) {
        if (!answer.ok()) {
          done(Error{answer.message()});
          return;
        }
        std::vector<GroupVersionInfo> wanted;
        std::set<uint32_t> present;
        for (const GroupVersionInfo& entry : answer.value().group_version_list()) {
          present.insert(entry.group_id());
          const auto held = groups_.find(entry.group_id());
          const uint32_t version = held == groups_.end() ? 0 : held->second.version();
          if (version == entry.version()) continue;
          wanted.push_back(entry);
          wanted.back().set_version(version);
        }
        std::erase_if(groups_, [&present](const auto& group) { return !present.contains(group.first); });
        ask_info(std::move(wanted), done);
      });
}

// What did not fit into the answer is asked for again; an empty one says that there is no more.
void GroupBook::take_info(const IMGroupInfoListReq& request, const IMGroupInfoListRsp& answer,
                          std::vector<GroupVersionInfo>& wanted) {
  std::set<uint32_t> came;
  for (const auto& group : answer.group_info_list()) {
    groups_[group.group_id()] = group;
    came.insert(group.group_id());
  }
  for (const GroupVersionInfo& entry : request.group_version_list()) {
    if (!came.empty() && !came.contains(entry.group_id())) wanted.push_back(entry);
  }
}

void GroupBook::ask_info(std::vector<GroupVersionInfo> wanted, std::function<void(Status)> done) {
  if (wanted.empty()) {
    done({});
    return;
  }
  IMGroupInfoListReq request;
  request.set_user_id(client_.info().user_id);
  for (size_t left = kGroupsPerRequest; left > 0 && !wanted.empty(); --left) {
    *request.add_group_version_list() = wanted.back();
    wanted.pop_back();
  }
  const auto take = [this, request, wanted, done](const Result<IMGroupInfoListRsp>& answer) {
    if (!answer.ok()) {
      done(Error{answer.message()});
      return;
    }
    std::vector<GroupVersionInfo> left = wanted;
    take_info(request, answer.value(), left);
    ask_info(std::move(left), done);
  };
  client_.request<IMGroupInfoListReq, IMGroupInfoListRsp>(request, take);
}

}  // namespace talkbeat
