#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "tools/client/client_listener.h"
#include "tools/client/inbox.h"
#include "tools/client/server_link.h"

namespace talkbeat {

/// Fetches what the inbox lacks: after a login what was missed, later what did not come. First it asks which
/// conversations there are and how far they go; then, page by page, for the messages. Owned by a MessageFlow; the
/// loop's thread only.
class CatchUp {
 public:
  class Owner {
   public:
    /// The inbox has changed: messages may be ready.
    virtual void deliver(const ConversationId& id) = 0;
    virtual void on_unread(std::span<const UnreadCount> unread) = 0;
    /// What was missed before the login has been fetched and delivered.
    virtual void on_synced() = 0;

   protected:
    ~Owner() = default;
  };

  CatchUp(EventLoop& loop, ServerLink& link, Inbox& inbox, Owner& owner);

  /// After each login.
  void start(uint32_t user_id);
  void stop();
  /// Finds out where a conversation begins that has not been started, once the server's lists are known.
  void locate(const ConversationId& id);
  /// Asks for the conversation's first gap, if it has one and is not being asked for already.
  void fill(const ConversationId& id);
  /// The server gives this user no more of the conversation: nothing of it is waited for.
  void give_up(const ConversationId& id);

  static constexpr uint32_t kPage = 100;   ///< messages a request
  static constexpr Tick kRetryMs = 1'000;  ///< after a request that was refused, for now

 private:
  enum class Phase : uint8_t { kStopped, kLists, kStarts, kReady };
  // Looks for the first of `count` unread messages, backwards.
  struct StartSearch {
    uint32_t count = 0;
    uint32_t begin = 0;
  };

  // The ids first, first + stride, … and last.
  struct Page {
    uint32_t first = 0;
    uint32_t last = 0;
    uint32_t stride = 1;

    uint32_t size() const { return (last - first + stride - 1) / stride + 1; }
  };
  struct Waiting {
    uint32_t messages;
    std::function<void()> ask;
  };

  // All that is under way asks for one page's messages at most, of however many conversations: what a server keeps for
  // a client that reads slowly has room for that, and who asks for more is closed, each time that it comes back.
  void ask_when_free(uint32_t messages, std::function<void()> ask);
  void answered(uint32_t messages);

  void ask_unread();
  void ask_recent();
  void take_lists();
  void find_start(const ConversationId& id);
  void ask_history(const ConversationId& id, uint32_t count);
  void ask_page(const ConversationId& id, const Page& page);
  void take_history(const ConversationId& id, const IM::Message::IMGetMsgListRsp& answer);
  void take_unread_of(const ConversationId& id, const IM::Message::IMUnreadMsgCntRsp& answer);
  void search_failed(const ConversationId& id, std::optional<ErrorCode> code);
  void search_ended(const ConversationId& id);
  void begin_filling();
  Page next_page(const ConversationId& id, const Inbox::Gap& gap) const;
  void take_page(const ConversationId& id, const Page& page, const IM::Message::IMGetMsgByIdRsp& answer);
  bool add(const ConversationId& id, const IM::BaseDefine::MsgInfo& info);
  void check_synced();
  void retry_later();
  void retry();

  ServerLink& link_;
  Inbox& inbox_;
  Owner& owner_;
  Timer retry_timer_;
  uint32_t user_id_ = 0;
  Phase phase_ = Phase::kStopped;
  uint64_t round_ = 0;  // answers to an earlier start() are void
  bool synced_ = false;
  bool have_unread_ = false;
  bool have_recent_ = false;
  std::vector<UnreadCount> unread_;
  std::map<ConversationId, uint32_t> latest_;
  std::map<ConversationId, StartSearch> searches_;
  std::set<ConversationId> locating_;
  std::set<ConversationId> filling_;
  std::set<ConversationId> sparse_;  // whose last page was empty
  std::deque<Waiting> waiting_;
  uint32_t asked_for_ = 0;  // messages
};

}  // namespace talkbeat
