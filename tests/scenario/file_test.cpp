// Files from user to user, over a second connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/scenario/figures.h"
#include "tests/scenario/file_client.h"
#include "tests/scenario/small_disk.h"

namespace talkbeat::scenario {
namespace {

using namespace IM::BaseDefine;
using IM::File::IMFileNotify;
using testing::HasSubstr;

constexpr const char* kOtherServer = "msg_server_1";

// alice on one server, bob on the other.
struct TwoServers {
  explicit TwoServers(const ClusterOptions& options = {}) : cluster(options) {
    alice.log_in("alice");
    bob.log_in("bob");
    await_online(alice, bob.user_id());
  }

  uint16_t port(const char* server = kServer) const { return cluster.client_port(server); }
  /// alice offers a file to bob.
  std::string offered(uint32_t size, TransferFileType mode, const std::string& name = "cat.png") {
    const auto response = offer(alice, bob.user_id(), name, size, mode);
    EXPECT_EQ(response.result_code(), 0u);
    EXPECT_EQ(response.ip_addr_list(0).port(), port());
    return response.task_id();
  }
  FileClient sender(const std::string& task) { return {port(), alice.user_id(), task, CLIENT_REALTIME_SENDER}; }
  FileClient receiver(const std::string& task) { return {port(), bob.user_id(), task, CLIENT_REALTIME_RECVER}; }
  FileClient uploader(const std::string& task) { return {port(), alice.user_id(), task, CLIENT_OFFLINE_UPLOAD}; }
  FileClient downloader(const std::string& task, const char* server = kOtherServer) {
    return {port(server), bob.user_id(), task, CLIENT_OFFLINE_DOWNLOAD};
  }
  size_t files_on_disk() const {
    size_t count = 0;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(cluster.directory() / "files", error)) {
      count += entry.is_regular_file(error) ? 1 : 0;
    }
    return count;
  }

  Cluster cluster;
  WireClient alice{cluster.client_port(kServer)};
  WireClient bob{cluster.client_port(kOtherServer)};
};

void expect_both_ready(FileClient& sender, FileClient& receiver) {
  EXPECT_EQ(sender.heard(), CLIENT_FILE_PEER_READY);
  EXPECT_EQ(receiver.heard(), CLIENT_FILE_PEER_READY);
}

// Answers pulls in a thread of its own, until the transfer ends.
class Serving {
 public:
  Serving(FileClient& sender, std::string_view content)
      : thread_([&sender, content] {
          try {
            while (true) sender.serve_one(content);
          } catch (const Unexpected&) {  // closed: the test says whether that was right
          }
        }) {}
  ~Serving() { thread_.join(); }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;

 private:
  std::thread thread_;
};

TEST(File, goes_from_one_online_user_to_another_across_servers) {
  TwoServers two;
  const std::string content = some_bytes(5'000'001);
  const std::string task = two.offered(5'000'001, FILE_TYPE_ONLINE);
  const auto notify = two.bob.expect<IMFileNotify>();
  EXPECT_EQ(notify.task_id(), task);
  EXPECT_EQ(notify.from_user_id(), two.alice.user_id());
  EXPECT_EQ(notify.file_name(), "cat.png");
  EXPECT_EQ(notify.file_size(), 5'000'001u);
  EXPECT_EQ(notify.offline_ready(), 0u);
  EXPECT_EQ(notify.ip_addr_list(0).port(), two.port()) << "the server that has the task";

  FileClient receiver = two.receiver(task);
  FileClient sender = two.sender(task);
  expect_both_ready(sender, receiver);
  std::string got;
  {
    const Serving serving(sender, content);
    got = receiver.pull_all(0, 5'000'001);
    receiver.say(CLIENT_FILE_DONE);
    receiver.wire().expect_close();
  }
  EXPECT_TRUE(got == content);
  EXPECT_EQ(sender.heard(), CLIENT_FILE_DONE);
  EXPECT_THAT(two.cluster.get(kServer, "/metrics").body,
              HasSubstr("talkbeat_transfers_total{end=\"done\",kind=\"online\"} 1"));
}

TEST(File, of_any_size_takes_little_memory_whether_it_is_read_or_not) {
  // What a sanitizer keeps of freed memory is none of the server's.
  setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 1);
  constexpr uint32_t kSize = 200 << 20;
  TwoServers two;
  const std::string content = some_bytes(kSize);
  const std::string task = two.offered(kSize, FILE_TYPE_ONLINE);
  FileClient receiver = two.receiver(task);
  FileClient sender = two.sender(task);
  expect_both_ready(sender, receiver);
  const long before = two.cluster.memory_kib(kServer);
  long most = before;
  {
    const Serving serving(sender, content);
    for (uint32_t offset = 0; offset < kSize; offset += 20 << 20) {
      EXPECT_TRUE(receiver.pull_all(offset, offset + (20 << 20)) == content.substr(offset, 20 << 20));
      most = std::max(most, two.cluster.memory_kib(kServer));
    }
    for (int i = 0; i < 200; ++i) receiver.ask(0, 256 << 10);  // and reads nothing
    two.alice.sync();
    most = std::max(most, two.cluster.memory_kib(kServer));
    receiver.say(CLIENT_FILE_DONE);
    receiver.wire().expect_close();
  }
  EXPECT_LT(most, before + (16 << 10));
  unsetenv("ASAN_OPTIONS");
}

TEST(File, can_be_cancelled_and_refused) {
  TwoServers two;
  {
    const std::string task = two.offered(10, FILE_TYPE_ONLINE);
    FileClient sender = two.sender(task);
    FileClient receiver = two.receiver(task);
    expect_both_ready(sender, receiver);
    sender.say(CLIENT_FILE_CANCEL);
    EXPECT_EQ(receiver.heard(), CLIENT_FILE_CANCEL);
    receiver.wire().expect_close();
    sender.wire().expect_close();
  }
  const std::string task = two.offered(10, FILE_TYPE_ONLINE);
  FileClient sender = two.sender(task);
  FileClient receiver = two.receiver(task);
  receiver.say(CLIENT_FILE_REFUSE);
  EXPECT_EQ(sender.heard(), CLIENT_FILE_PEER_READY);
  EXPECT_EQ(sender.heard(), CLIENT_FILE_REFUSE);
  sender.wire().expect_close();
  FileClient late(two.port(), two.bob.user_id(), task, CLIENT_REALTIME_RECVER, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  late.wire().expect_close();
}

TEST(File, goes_on_after_the_receiver_was_lost_and_ends_when_the_sender_is) {
  TwoServers two;
  const std::string content = some_bytes(1'000'000);
  const std::string task = two.offered(1'000'000, FILE_TYPE_ONLINE);
  FileClient sender = two.sender(task);
  std::string got;
  {
    FileClient receiver = two.receiver(task);
    expect_both_ready(sender, receiver);
    const uint16_t seq = receiver.ask(0, 100'000);
    sender.serve_one(content);
    got = receiver.answer(seq).file_data();
    receiver.wire().socket().reset();
  }
  FileClient receiver = two.receiver(task);
  expect_both_ready(sender, receiver);
  while (got.size() < content.size()) {
    const uint16_t seq = receiver.ask(static_cast<uint32_t>(got.size()), 200'000);
    sender.serve_one(content);
    got += receiver.answer(seq).file_data();
  }
  EXPECT_TRUE(got == content);
  sender.wire().socket().reset();
  EXPECT_EQ(receiver.heard(), CLIENT_FILE_CANCEL);
  receiver.wire().expect_close();
}

TEST(File, that_waits_goes_up_survives_a_killed_server_and_comes_down_at_another_one) {
  TwoServers two;
  const std::string content = some_bytes(6'000'000);
  const std::string task = two.offered(6'000'000, FILE_TYPE_OFFLINE);
  {
    FileClient uploader = two.uploader(task);
    for (int i = 0; i < 12; ++i) uploader.serve_one(content);
    two.cluster.kill9(kServer);
    uploader.wire().expect_close();
  }
  FileClient again(two.port(kOtherServer), two.alice.user_id(), task, CLIENT_OFFLINE_UPLOAD);
  const uint32_t goes_on_at = again.serve_one(content);
  EXPECT_GT(goes_on_at, 1'000'000u);
  for (uint32_t given = goes_on_at + (256 << 10); given < content.size(); given += 256 << 10) again.serve_one(content);
  EXPECT_EQ(again.heard(), CLIENT_FILE_DONE);
  again.wire().expect_close();

  const auto notify = two.bob.expect<IMFileNotify>();
  EXPECT_EQ(notify.task_id(), task);
  EXPECT_EQ(notify.offline_ready(), 1u);
  two.cluster.start();
  FileClient downloader = two.downloader(task, kServer);
  EXPECT_TRUE(downloader.pull_all(0, 6'000'000) == content);
  EXPECT_EQ(downloader.pull(6'000'000, 1).result_code(), static_cast<uint32_t>(FILE_SERVER_ERRNO_PULL_DATA_FINISHED));
  EXPECT_EQ(downloader.pull(6'000'001, 1).result_code(),
            static_cast<uint32_t>(FILE_SERVER_ERRNO_PULL_DATA_SEEK_OFFSET_ERROR));
  downloader.say(CLIENT_FILE_DONE);
  downloader.wire().expect_close();

  EXPECT_EQ(offline_files_of(two.bob).offline_file_list_size(), 1);
  delete_offline_file(two.bob, task);
  wait_until("its room on the disk is free", [&] { return two.files_on_disk() == 0; });
  EXPECT_EQ(offline_files_of(two.bob).offline_file_list_size(), 0);
}

TEST(File, is_none_of_anybody_elses) {
  ClusterOptions options;
  options.users.push_back("eve");
  TwoServers two(options);
  WireClient eve(two.port());
  eve.log_in("eve");
  const std::string online = two.offered(10, FILE_TYPE_ONLINE);
  const std::string offline = two.offered(10, FILE_TYPE_OFFLINE);
  upload(two.port(), two.alice.user_id(), offline, "0123456789");
  const auto refused = [&](uint32_t user, const std::string& task, ClientFileRole role, FileServerError code) {
    FileClient client(two.port(), user, task, role, code);
    client.wire().expect_close();
  };
  refused(eve.user_id(), online, CLIENT_REALTIME_RECVER, FILE_SERVER_ERRNO_INVALID_USER_FOR_TASK);
  refused(eve.user_id(), offline, CLIENT_OFFLINE_DOWNLOAD, FILE_SERVER_ERRNO_INVALID_USER_FOR_TASK);
  refused(two.bob.user_id(), online, CLIENT_REALTIME_SENDER, FILE_SERVER_ERRNO_INVALID_USER_FOR_TASK);
  refused(two.bob.user_id(), std::string(32, '0'), CLIENT_OFFLINE_DOWNLOAD, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  refused(two.bob.user_id(), "../../cluster.key", CLIENT_OFFLINE_DOWNLOAD, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  delete_offline_file(eve, offline);
  eve.expect_error(ERROR_INVALID_ARGUMENT);
  EXPECT_EQ(offline_files_of(eve).offline_file_list_size(), 0);
  FileClient downloader = two.downloader(offline);
  EXPECT_EQ(downloader.pull(0, 10).file_data(), "0123456789");
}

TEST(File, offers_that_cannot_be_are_refused_with_a_reason) {
  ClusterOptions options;
  options.users.push_back("carol");
  options.settings = {"files.max_size=1000000", "files.quota_per_sender=1500000"};
  TwoServers two(options);
  const auto code = [&](uint32_t to, const std::string& name, uint32_t size, TransferFileType mode) {
    return offer(two.alice, to, name, size, mode).result_code();
  };
  const uint32_t bob = two.bob.user_id();
  EXPECT_EQ(code(bob + 1, "a", 1, FILE_TYPE_ONLINE), static_cast<uint32_t>(ERROR_NOT_ONLINE)) << "carol";
  EXPECT_EQ(code(4'000'000'000, "a", 1, FILE_TYPE_OFFLINE), static_cast<uint32_t>(ERROR_UNKNOWN_USER));
  EXPECT_EQ(code(bob, "", 1, FILE_TYPE_OFFLINE), static_cast<uint32_t>(ERROR_INVALID_ARGUMENT));
  EXPECT_EQ(code(bob, std::string(100'000, 'x'), 1, FILE_TYPE_ONLINE), static_cast<uint32_t>(ERROR_INVALID_ARGUMENT));
  EXPECT_EQ(code(bob, "a", 1'000'001, FILE_TYPE_ONLINE), static_cast<uint32_t>(ERROR_LIMIT_REACHED));
  EXPECT_EQ(code(bob, "a", UINT32_MAX, FILE_TYPE_OFFLINE), static_cast<uint32_t>(ERROR_LIMIT_REACHED));
  EXPECT_EQ(code(bob, "a", 1'000'000, FILE_TYPE_OFFLINE), 0u);
  EXPECT_EQ(code(bob, "a", 500'001, FILE_TYPE_OFFLINE), static_cast<uint32_t>(ERROR_LIMIT_REACHED)) << "the quota";
  EXPECT_EQ(code(bob, "a", 500'000, FILE_TYPE_OFFLINE), 0u);
  const std::string odd("../\r\n\x1b[31m\0\xf0\x9f\x90\xb1", 15);
  EXPECT_EQ(code(bob, odd, 0, FILE_TYPE_ONLINE), 0u);
  EXPECT_EQ(two.bob.expect<IMFileNotify>().file_name(), odd);
}

TEST(File, of_no_bytes_is_a_file) {
  TwoServers two;
  const std::string task = two.offered(0, FILE_TYPE_OFFLINE);
  upload(two.port(), two.alice.user_id(), task, "");
  EXPECT_EQ(two.bob.expect<IMFileNotify>().file_size(), 0u);
  FileClient downloader = two.downloader(task);
  EXPECT_EQ(downloader.pull(0, 100).result_code(), static_cast<uint32_t>(FILE_SERVER_ERRNO_PULL_DATA_FINISHED));
  downloader.say(CLIENT_FILE_DONE);
  downloader.wire().expect_close();
}

TEST(File, bytes_that_nobody_asked_for_end_a_connection) {
  TwoServers two;
  const Closings closings(two.cluster, kServer);
  const std::string task = two.offered(1'000'000, FILE_TYPE_ONLINE);
  FileClient sender = two.sender(task);
  FileClient receiver = two.receiver(task);
  expect_both_ready(sender, receiver);
  sender.give(0, std::string(256 << 10, 'x'));
  sender.wire().expect_error(ERROR_NOT_ALLOWED);
  sender.wire().expect_close();
  EXPECT_EQ(receiver.heard(), CLIENT_FILE_CANCEL);
  closings.await("protocol_error", 1);
}

TEST(File, that_nobody_fetches_expires_and_so_do_bytes_that_belong_to_nothing) {
  ClusterOptions options;
  options.settings = {"files.keep=6s", "files.sweep_interval=100ms"};
  TwoServers two(options);
  const std::string task = two.offered(10, FILE_TYPE_OFFLINE);
  upload(two.port(), two.alice.user_id(), task, "0123456789");
  const auto orphans = two.cluster.directory() / "files" / "ab";
  std::filesystem::create_directories(orphans);
  std::ofstream(orphans / ("ab" + std::string(30, '0') + ".part")) << "x";
  wait_until("all is deleted", [&] { return two.files_on_disk() == 0; });
  FileClient late(two.port(), two.bob.user_id(), task, CLIENT_OFFLINE_DOWNLOAD, FILE_SERVER_ERRNO_LOGIN_INVALID_TOKEN);
  EXPECT_EQ(offline_files_of(two.bob).offline_file_list_size(), 0);
}

TEST(File, that_finds_no_room_on_the_disk_has_to_wait_and_nothing_else_does) {
  SmallDisk disk;
  ClusterOptions options;
  options.settings = {"files.min_free=0"};
  TwoServers two(options);
  const std::string content = some_bytes(3'000'000);
  const std::string task = two.offered(3'000'000, FILE_TYPE_OFFLINE);
  {
    FileClient uploader = two.uploader(task);
    uploader.serve_one(content);
    disk.fill(two.cluster);
    EXPECT_ANY_THROW({
      while (true) uploader.serve_one(content);
    });
    EXPECT_EQ(uploader.heard(), CLIENT_FILE_CANCEL);
    uploader.wire().expect_error(ERROR_UNAVAILABLE);
    uploader.wire().expect_close();
  }
  two.alice.sync();
  disk.make_room(two.cluster);
  FileClient again = two.uploader(task);
  const uint32_t goes_on_at = again.serve_one(content);
  EXPECT_GT(goes_on_at, 0u);
  for (uint32_t given = goes_on_at + (256 << 10); given < content.size(); given += 256 << 10) again.serve_one(content);
  EXPECT_EQ(again.heard(), CLIENT_FILE_DONE);
  two.bob.expect<IMFileNotify>();
  FileClient downloader = two.downloader(task);
  EXPECT_TRUE(downloader.pull_all(0, 3'000'000) == content);
}

TEST(File, transfers_that_run_are_finished_before_a_server_leaves) {
  TwoServers two;
  const std::string content = some_bytes(1'000'000);
  const std::string task = two.offered(1'000'000, FILE_TYPE_ONLINE);
  FileClient sender = two.sender(task);
  FileClient receiver = two.receiver(task);
  expect_both_ready(sender, receiver);
  two.cluster.signal(kServer, SIGTERM);
  two.alice.expect<TbGoAway>();
  uint32_t offset = 0;
  while (offset < content.size()) {
    const uint16_t seq = receiver.ask(offset, 256 << 10);
    sender.serve_one(content);
    offset += static_cast<uint32_t>(receiver.answer(seq).file_data().size());
  }
  receiver.say(CLIENT_FILE_DONE);
  EXPECT_EQ(sender.heard(), CLIENT_FILE_DONE);
  EXPECT_EQ(sender.wire().waiting<TbGoAway>(), 0u) << "it was not told to go elsewhere";
  two.alice.socket().reset();
  wait_until("the server has left", [&] { return !two.cluster.running(kServer); });
}

}  // namespace
}  // namespace talkbeat::scenario
