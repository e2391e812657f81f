#pragma once

namespace talkbeat::bench {

/// What the floor's server does with a frame: hands it to the connection that it names, or back to where it came from.
/// Visits are echoes of connections that come, ask once, and go.
enum class RawKind : int { kRelay, kEcho, kVisit };

/// The least that a server can do: one thread, one epoll, frames cut by their length, one read for what has come and
/// one send for what goes. No identity, no limits, no liveness, no storage. Serves `listener` until the process ends;
/// the first connection that it accepts is number 0, the next one 1, and so on.
[[noreturn]] void serve_raw(int listener, RawKind kind);

}  // namespace talkbeat::bench
