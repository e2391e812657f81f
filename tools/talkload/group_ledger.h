#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tools/talkload/ledger.h"

namespace talkbeat::load {

/// What has become of the messages of one group: each sender's answers, and what each member has seen of each sender.
/// Member 0, 1, … ; the first `senders` of them write. A pure core of one thread.
///
///   const uint32_t number = ledger.sender(0).next();
///   ledger.arrived(member, 0, number);
class GroupLedger {
 public:
  GroupLedger(uint32_t members, uint32_t senders)
      : members_(members), answers_(senders), deliveries_(senders), arrivals_(size_t{members} * senders) {}

  uint32_t members() const { return members_; }
  uint32_t senders() const { return static_cast<uint32_t>(answers_.size()); }
  Answers& sender(uint32_t sender) { return answers_[sender]; }
  const Answers& sender(uint32_t sender) const { return answers_[sender]; }

  Arrival arrived(uint32_t member, uint32_t sender, uint32_t number) {
    const Arrival arrival = arrivals_[index(member, sender)].arrived(number, answers_[sender].sent());
    if (arrival == Arrival::kInOrder || arrival == Arrival::kLate) ++deliveries_[sender];
    return arrival;
  }

  /// Of this sender's messages, not yet both acked and with everybody.
  uint32_t in_flight(uint32_t sender) const {
    const Answers& answers = answers_[sender];
    const auto with_all = static_cast<uint32_t>(deliveries_[sender] / (members_ - 1)) + answers.refused();
    return answers.sent() - (answers.answered() < with_all ? answers.answered() : with_all);
  }
  bool settled() const {
    for (uint32_t sender = 0; sender < senders(); ++sender) {
      if (in_flight(sender) > 0) return false;
    }
    return true;
  }

  /// Calls `visit(member, sender, number)` for each message that was acked and has not come to a member.
  template <class Visit>
  void for_each_lost(Visit visit) const {
    for (uint32_t sender = 0; sender < senders(); ++sender) {
      for (uint32_t member = 0; member < members_; ++member) {
        if (member == sender) continue;
        for (const uint32_t number : arrivals_[index(member, sender)].missing(answers_[sender].sent())) {
          if (answers_[sender].is_acked(number)) visit(member, sender, number);
        }
      }
    }
  }

  /// And for each that was refused and came to a member all the same.
  template <class Visit>
  void for_each_refused_and_there(Visit visit) const {
    for (uint32_t sender = 0; sender < senders(); ++sender) {
      for (uint32_t member = 0; member < members_ && answers_[sender].refused() > 0; ++member) {
        if (member == sender) continue;
        const std::vector<uint32_t> missing = arrivals_[index(member, sender)].missing(answers_[sender].sent());
        for (const uint32_t number : answers_[sender].all_refused()) {
          if (!std::binary_search(missing.begin(), missing.end(), number)) visit(member, sender, number);
        }
      }
    }
  }

 private:
  size_t index(uint32_t member, uint32_t sender) const { return size_t{member} * answers_.size() + sender; }

  uint32_t members_;
  std::vector<Answers> answers_;
  std::vector<uint64_t> deliveries_;  // of each sender's messages, over all members
  std::vector<Arrivals> arrivals_;
};

}  // namespace talkbeat::load
