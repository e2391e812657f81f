#include "base/why_page.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "base/json_text.h"

namespace talkbeat {

namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kDefaultLimit = 20;
constexpr size_t kMaxLimit = 1'000;

struct Query {
  std::string who;
  std::string address;
  size_t limit = kDefaultLimit;

  bool matches(const std::string& subject, const Address& peer) const {
    if (!who.empty() && who != subject) return false;
    return address.empty() || address == peer.ip || address == peer.to_string();
  }
};

Query query_of(const HttpRequest& request) {
  Query query;
  const auto value = [&request](const char* name) {
    const auto found = request.query.find(name);
    return found != request.query.end() ? found->second : std::string();
  };
  query.who = value("who");
  query.address = value("address");
  if (const auto ip = normal_ip(query.address)) query.address = *ip;
  const std::string limit = value("limit");
  size_t number = 0;
  if (std::from_chars(limit.data(), limit.data() + limit.size(), number).ec == std::errc()) {
    query.limit = std::min(number, kMaxLimit);
  }
  return query;
}

/// Turns the loop's ticks into times that people know.
struct WallClock {
  Tick now;
  int64_t unix_ms;

  int64_t at(Tick tick) const { return unix_ms - (now - tick); }
};

Json history_of(const std::vector<LivenessRecord>& history, const WallClock& clock) {
  Json list = Json::array();
  for (const LivenessRecord& record : history) {
    list.push_back({{"at", clock.at(record.at)},
                    {"event", to_string(record.event)},
                    {"count", record.count},
                    {"value_ms", record.value}});
  }
  return list;
}

Json describe_open(const Connection& connection, const WallClock& clock) {
  return {{"conn", log_number(connection.id())},
          {"role", connection.protocol().role()},
          {"who", connection.subject()},
          {"peer", connection.peer().to_string()},
          {"opened_at", clock.at(clock.now - connection.age())},
          {"silent_ms", connection.silent_for()},
          {"unsent_bytes", connection.waiting_to_send()},
          {"history", history_of(connection.history(), clock)}};
}

Json describe_closed(const ClosedConnection& gone, const WallClock& clock) {
  return {{"conn", gone.number},
          {"role", gone.role},
          {"who", gone.subject},
          {"peer", gone.peer.to_string()},
          {"opened_at", clock.at(gone.closed_at - gone.age_ms)},
          {"closed_at", clock.at(gone.closed_at)},
          {"reason", to_string(gone.reason)},
          {"silent_ms", gone.silent_ms},
          {"history", history_of(gone.history, clock)}};
}

}  // namespace

HttpResponse why_page(const HttpRequest& request, ConnectionTable& connections, const ClosedConnections& closed) {
  const Query query = query_of(request);
  const WallClock clock{connections.loop().now(), connections.loop().unix_milliseconds()};
  Json open = Json::array();
  connections.for_each([&](const Connection& connection) {
    if (open.size() >= query.limit || !query.matches(connection.subject(), connection.peer())) return;
    open.push_back(describe_open(connection, clock));
  });
  Json gone = Json::array();
  closed.for_each_newest([&](const ClosedConnection& connection) {
    if (query.matches(connection.subject, connection.peer)) gone.push_back(describe_closed(connection, clock));
    return gone.size() < query.limit;
  });
  const Json report{{"open", std::move(open)}, {"closed", std::move(gone)}};
  // A name may hold any bytes: those that are not UTF-8 are replaced.
  return {200, "application/json", json_text(report) + "\n"};
}

}  // namespace talkbeat
