#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "msg_server/client_answers.h"
#include "msg_server/wire_records.h"

namespace talkbeat {

/// Lists of users and departments come in PDUs of about this many bytes, however long the texts in them are.
inline constexpr size_t kListBytes = 512 << 10;
/// Rows read from the store at a time: each may hold several texts of 64 KiB.
inline constexpr size_t kRowsAtATime = 100;
/// How long after its updated_at a change may become visible: it is given its time when it is asked for, waits in the
/// queue of writes then, and may come from a server whose clock is behind. Lists stay this far behind the clock.
inline constexpr int64_t kSettledAfterSeconds = 60;

/// The time up to which a client has everything, once it has read what changed since `asked`; Unix seconds. Never
/// before `asked`, unless the client's clock is ahead of ours.
constexpr uint32_t complete_until(uint32_t asked, int64_t now) {
  const auto settled = static_cast<uint32_t>(std::max(now - kSettledAfterSeconds, int64_t{0}));
  return asked > now ? settled : std::max(asked, settled);
}

/// Answers "what has changed since" (IMAllUserReq, IMDepartmentReq) in as many PDUs as it takes. All but the last name
/// the time that was asked for; the last names the time up to which the client is complete. Where that would be the
/// same, one without entries ends the list: PROTOCOL.md, "Reading what was missed".
///
/// `Kind` says what is listed:
///   struct Users {
///     using Row = Profile;  // with updated_at and id
///     using Response = IM::Buddy::IMAllUserRsp;
///     static StoreResult<std::vector<Row>> read(Database& db, int64_t since, uint32_t after, size_t limit);
///     static void add(Response& response, const Row& row);
///   };
///   return ChangedList<Users>::answer(client, header, request.latest_update_time());
template <class Kind>
class ChangedList {
 public:
  static Verdict answer(const ClientContext& client, const PduHeader& header, uint32_t since) {
    ChangedList list{client.server, header, client.session.user, since,
                     complete_until(since, client.server.loop.unix_seconds())};
    if (has_too_many_pending(client)) return kTooManyPending;
    list.read_on(client.connection, since, 0);
    return Verdict::handled();
  }

 private:
  using Row = typename Kind::Row;
  using Response = typename Kind::Response;

  struct Page {
    std::vector<Row> rows;
    bool last = true;
  };

  ChangedList(MsgServerParts& server, const PduHeader& header, UserId user, uint32_t asked, uint32_t complete)
      : server_(server), header_(header), user_(user), asked_(asked), complete_until_(complete) {}

  /// Runs in the reader's thread.
  static StoreResult<Page> read_page(Database& db, int64_t since, uint32_t after) {
    Page page;
    size_t bytes = 0;
    while (true) {
      StoreResult<std::vector<Row>> rows = Kind::read(db, since, after, kRowsAtATime);
      if (!rows.ok()) return rows.error();
      const bool complete = rows.value().size() < kRowsAtATime;
      for (Row& row : rows.value()) {
        bytes += wire_bytes(row);
        if (bytes > kListBytes && !page.rows.empty()) {
          page.last = false;
          return page;
        }
        page.rows.push_back(std::move(row));
      }
      if (complete) return page;
      since = page.rows.back().updated_at - 1;
      after = page.rows.back().id;
    }
  }

  void read_on(Connection& connection, int64_t since, uint32_t after) const {
    read_for<Page>(
        server_, connection, [since, after](Database& db) { return read_page(db, since, after); },
        [list = *this](Connection& present, const StoreResult<Page>& page) { list.on_page(present, page); });
  }

  void on_page(Connection& connection, const StoreResult<Page>& page) const {
    if (page.ok()) {
      send_page(connection, page.value());
    } else {
      send_error(connection, header_, refusal_of(page.error()));
    }
  }

  void send_page(Connection& connection, const Page& page) const {
    const bool stops = page.last || client_has_to_ask_on(connection, page);
    const uint32_t up_to = page.last ? complete_until_ : static_cast<uint32_t>(page.rows.back().updated_at - 1);
    send(connection, page.rows, stops ? up_to : asked_);
    if (!stops) {
      read_on(connection, page.rows.back().updated_at - 1, page.rows.back().id);
    } else if (up_to == asked_ && !page.rows.empty()) {
      send(connection, {}, asked_);
    }
  }

  /// A time at which the client could go on must lie behind the one that it has asked with, and be settled.
  bool client_has_to_ask_on(const Connection& connection, const Page& page) const {
    const int64_t up_to = page.rows.back().updated_at - 1;
    return connection.waiting_to_send() > kEnoughWaiting && up_to > asked_ && up_to <= complete_until_;
  }

  void send(Connection& connection, const std::vector<Row>& rows, uint32_t latest_update_time) const {
    Response response;
    response.set_user_id(user_);
    response.set_latest_update_time(latest_update_time);
    for (const Row& row : rows) Kind::add(response, row);
    send_pdu(connection, response, header_.seq_num);
  }

  MsgServerParts& server_;
  PduHeader header_;
  UserId user_;
  uint32_t asked_;
  uint32_t complete_until_;
};

}  // namespace talkbeat
