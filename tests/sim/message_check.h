#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "msg_server/store/database.h"
#include "tests/sim/tally.h"
#include "tools/client/client_message.h"

namespace talkbeat::sim {

/// One run of one client program: what it is shown, and what it has been told, holds until it ends.
enum class InstanceId : uint32_t {};

/// The promise about messages, checked at every step: what is acked is in the store, once; msg_ids have no gaps; what
/// one device sends to a conversation is stored in that order; every client is shown each message once and in order,
/// and never its own. And at the end: each is shown everything that was stored since the first message that it was
/// shown of a conversation, and all that no device of its user has read, whenever it came. What was read before it was
/// online the client library takes for history.
///
///   MessageCheck check(report, tally);
///   const InstanceId id = check.add_instance(user);
///   client.send_text(to, check.next_body(id, 100));
///   check.committed(database);  // after everything that may have written
class MessageCheck {
 public:
  /// Something is not as it should be: what, and the circumstances.
  using Report = std::function<void(const std::string& what, const std::string& detail)>;

  MessageCheck(Report report, Tally& tally) : report_(std::move(report)), tally_(tally) {}

  InstanceId add_instance(UserId user);
  /// The text of the instance's next message: no two are alike. So many bytes at least.
  std::string next_body(InstanceId id, size_t length);
  /// Reads what is new in the store.
  void committed(Database& database);

  void acked(InstanceId id, uint64_t number, uint32_t msg_id);
  /// For good, which nothing here can cause.
  void refused(InstanceId id, uint64_t number);
  void shown(InstanceId id, const ReceivedMessage& message);
  void marked_read(InstanceId id, const ConversationId& conversation, uint32_t msg_id);
  /// For a newer login of its user and class, of which there was none; or for what nobody does here.
  void kicked_by_nobody(InstanceId id);
  /// It has all that was there when it logged in.
  void synced(InstanceId id);

  /// Everything has had its time: is the instance, which is online, complete? `groups`: that its user is in.
  void check_complete(InstanceId id, std::span<const GroupId> groups) const;

  size_t stored() const { return stored_.size(); }
  uint64_t last_sequence() const { return last_sequence_; }

 private:
  // A conversation as all see it: 0 and the group's id, or the two users, the lower one first.
  using Conversation = std::pair<uint32_t, uint32_t>;
  struct Origin {
    InstanceId instance{};
    uint64_t number = 0;

    auto operator<=>(const Origin&) const = default;
  };
  struct Stored {
    uint64_t sequence;
    uint32_t msg_id;
    UserId from;
    Origin origin;
  };
  struct Instance {
    UserId user = 0;
    uint64_t sent = 0;
    std::set<uint64_t> acked;
    std::map<Conversation, uint64_t> last_stored;  // the number
    std::map<Conversation, std::vector<uint32_t>> shown;
    bool synced = false;
  };

  static Conversation key_of(const SequencedMessage& message);
  static Conversation key_of(UserId user, const ConversationId& id);
  static Origin origin_of(const std::string& body);
  void take(const SequencedMessage& message);
  void check_conversation(InstanceId id, const Conversation& conversation) const;
  bool is_due(const Instance& instance, const Conversation& conversation, const Stored& message) const;

  Report report_;
  Tally& tally_;
  uint64_t last_sequence_ = 0;
  std::vector<Instance> instances_;
  std::map<Origin, std::pair<Conversation, uint32_t>> stored_;  // and its msg_id
  std::map<Conversation, std::vector<Stored>> conversations_;   // msg_id 1 first
  std::map<std::pair<UserId, Conversation>, uint32_t> read_;    // the highest msg_id that the user has seen somewhere
};

}  // namespace talkbeat::sim
