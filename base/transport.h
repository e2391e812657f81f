#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/status.h"

namespace talkbeat {

/// A socket as the transport knows it: on Linux the file descriptor. May be reused after close().
using SocketHandle = int;
inline constexpr SocketHandle kNoSocket = -1;

/// What TCP itself is told (OPERATIONS.md, "Heartbeats and timeouts"). Each is a setting.
struct TcpOptions {
  bool no_delay = true;             ///< TCP_NODELAY: small PDUs leave at once
  Tick keepalive_idle_ms = 60'000;  ///< SO_KEEPALIVE's TCP_KEEPIDLE; 0: off. Whole seconds count
  Tick keepalive_interval_ms = 10'000;
  int keepalive_count = 3;
  Tick user_timeout_ms = 60'000;  ///< TCP_USER_TIMEOUT: data unacknowledged for this long ends the connection
  int backlog = 4'096;            ///< of a listener
};

/// What a read or write did. For a read, bytes == 0 without an error means that the peer has finished sending.
struct IoResult {
  size_t bytes = 0;
  int error = 0;  ///< an errno value; EAGAIN: nothing now, the readiness will be reported

  bool would_block() const;
};

struct Accepted {
  SocketHandle socket = kNoSocket;
  Address peer;
  int error = 0;  ///< where socket is kNoSocket: EAGAIN, EMFILE, …
};

enum class Interest : uint8_t { kNone = 0, kRead = 1, kWrite = 2, kReadWrite = 3 };

/// What can be done without blocking with the socket that was watched under `token`.
struct Readiness {
  uint64_t token = 0;
  bool readable = false;  ///< also: the peer has finished or there is an error, which the read will tell
  bool writable = false;
};

/// The seam to the network: EpollTransport in production; simulations deliver, delay, split and lose bytes as their
/// seed says. All calls but wake() come from the loop's thread. Nothing here blocks but wait().
class Transport {
 public:
  virtual ~Transport() = default;

  /// Port 0 chooses a free one: local_address() tells it.
  virtual Result<SocketHandle> listen(const Address& address, const TcpOptions& options) = 0;
  virtual Accepted accept(SocketHandle listener, const TcpOptions& options) = 0;
  /// Begins to connect; once the socket is writable, connect_error() tells how it went (0: connected).
  virtual Result<SocketHandle> connect(const Address& address, const TcpOptions& options) = 0;
  virtual int connect_error(SocketHandle socket) = 0;
  virtual Address local_address(SocketHandle socket) = 0;

  virtual IoResult read(SocketHandle socket, std::span<std::byte> into) = 0;
  virtual IoResult write(SocketHandle socket, std::span<const iovec> pieces) = 0;
  /// For how many milliseconds the last bytes that came have been here, read or not, also while this process stood
  /// still. 0 where the system does not say.
  virtual Tick since_arrival(SocketHandle socket) = 0;
  /// No more will be sent; what the peer still sends can be read.
  virtual void finish_sending(SocketHandle socket) = 0;
  virtual void close(SocketHandle socket) = 0;
  /// close() for a peer that is taken for dead: what its system has not acknowledged is forgotten, so that nothing of
  /// it arrives when the path is whole again; the peer finds the connection reset.
  virtual void abandon(SocketHandle socket) = 0;

  /// Level-triggered: what is ready is reported by each wait() until it has been used up.
  virtual void watch(SocketHandle socket, Interest interest, uint64_t token) = 0;
  virtual void change_watch(SocketHandle socket, Interest interest, uint64_t token) = 0;
  virtual void unwatch(SocketHandle socket) = 0;
  /// Waits until something is ready, wake() was called, or `timeout_ms` has passed (-1: no limit). Replaces `ready`.
  virtual void wait(Tick timeout_ms, std::vector<Readiness>& ready) = 0;
  /// Ends the current or the next wait(). From any thread.
  virtual void wake() = 0;
};

}  // namespace talkbeat
