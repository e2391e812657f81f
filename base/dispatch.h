#pragma once

#include <google/protobuf/arena.h>
#include <google/protobuf/message_lite.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/close_reason.h"
#include "base/pdu.h"
#include "proto/command_of.h"
#include "proto/talkbeat.pb.h"

namespace talkbeat {

/// What a handler decides about the PDU: handled, refused with a TbError, or the end of the connection.
struct Verdict {
  enum class Kind : uint8_t { kHandled, kRefused, kClose };

  Kind kind = Kind::kHandled;
  ErrorCode code = ERROR_MALFORMED;  ///< where refused
  const char* text = "";             ///< where refused: for people, a literal
  uint32_t retry_after_ms = 0;       ///< where refused and worth another try later
  CloseReason reason{};              ///< where it closes

  static constexpr Verdict handled() { return {}; }
  static constexpr Verdict refused(ErrorCode code, const char* text, uint32_t retry_after_ms = 0) {
    return {Kind::kRefused, code, text, retry_after_ms, {}};
  }
  static constexpr Verdict close(CloseReason reason) { return {Kind::kClose, ERROR_MALFORMED, "", 0, reason}; }
};

/// One row of a protocol table: which phases of a connection may send this command, and who handles it.
template <class Context>
struct Route {
  uint16_t command;
  uint8_t phases;  ///< a bit for each phase: 1 << phase
  Verdict (*handle)(Context&, const PduHeader&, std::span<const std::byte> body, google::protobuf::Arena&);
};

template <class Phase>
constexpr uint8_t in(std::initializer_list<Phase> phases) {
  uint8_t bits = 0;
  for (const Phase phase : phases) bits = static_cast<uint8_t>(bits | 1 << static_cast<int>(phase));
  return bits;
}

inline constexpr Verdict kMalformedBody =
    Verdict::refused(ERROR_MALFORMED, "the body does not parse, or lacks a required field");

namespace internal {

template <class Context, class Message, Verdict (*handler)(Context&, const PduHeader&, const Message&)>
Verdict parse_and_handle(Context& context, const PduHeader& header, std::span<const std::byte> body,
                         google::protobuf::Arena& arena) {
  if (body.empty()) {  // heartbeats, most of all
    const Message& nothing_set = Message::default_instance();
    return nothing_set.IsInitialized() ? handler(context, header, nothing_set) : kMalformedBody;
  }
  auto* message = google::protobuf::Arena::CreateMessage<Message>(&arena);
  // Not ParseFromArray(): it writes a line to stderr for each PDU that lacks a required field.
  const bool parsed = message->ParsePartialFromArray(body.data(), static_cast<int>(body.size()));
  const Verdict verdict = parsed && message->IsInitialized() ? handler(context, header, *message) : kMalformedBody;
  arena.Reset();
  return verdict;
}

template <class Context>
constexpr Route<Context> route_of(uint16_t command, uint8_t phases,
                                  Verdict (*handle)(Context&, const PduHeader&, std::span<const std::byte>,
                                                    google::protobuf::Arena&)) {
  return {command, phases, handle};
}

}  // namespace internal

/// A row for `Verdict on_x(Context&, const PduHeader&, const Message&)`: the command follows from the message's type.
///
///   constexpr std::array kRoutes{route<on_login>(in({Phase::kFresh})), …};
///   static_assert(strictly_increasing(kRoutes), "a command stands twice or out of order");
template <auto handler>
struct RouteOf;
template <class Context, class Message, Verdict (*handler)(Context&, const PduHeader&, const Message&)>
struct RouteOf<handler> {
  static constexpr Route<Context> row(uint8_t phases) {
    static_assert(kCommandOf<Message> != 0, "this message is no PDU");
    return {kCommandOf<Message>, phases, internal::parse_and_handle<Context, Message, handler>};
  }
};
template <auto handler>
constexpr auto route(uint8_t phases) {
  return RouteOf<handler>::row(phases);
}

/// A row for a handler that reads the body itself, since building a message would cost more than what it does.
template <class Message, auto handler>
constexpr auto unparsed_route(uint8_t phases) {
  static_assert(kCommandOf<Message> != 0, "this message is no PDU");
  return internal::route_of(kCommandOf<Message>, phases, handler);
}

template <class Context, size_t n>
constexpr bool strictly_increasing(const std::array<Route<Context>, n>& routes) {
  return std::ranges::adjacent_find(routes, [](const auto& a, const auto& b) { return a.command >= b.command; }) ==
         routes.end();
}

template <class Context, size_t n>
const Route<Context>* find_route(const std::array<Route<Context>, n>& routes, const PduHeader& header) {
  if (header.service_id != service_of(header.command_id)) return nullptr;
  const auto found = std::ranges::lower_bound(routes, header.command_id, {}, &Route<Context>::command);
  return found != routes.end() && found->command == header.command_id ? &*found : nullptr;
}

}  // namespace talkbeat
