// Coming from TeamTalk: a mysqldump becomes a store, and people log in with their old passwords.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/wire_password.h"
#include "tests/scenario/cluster.h"
#include "tests/scenario/requests.h"

namespace talkbeat::scenario {
namespace {

namespace fs = std::filesystem;

fs::path test_dump() {
  return source_directory() / "tests" / "data" / "teamtalk.sql";
}

ClusterOptions nobody() {
  ClusterOptions options;
  options.users = {};
  return options;
}

Outcome import(const Cluster& cluster, const fs::path& dump, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"import-teamtalk", dump.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return cluster.talkctl(arguments);
}

void stop(const Cluster& cluster) {
  const Outcome stopped = cluster.script("stop.sh");
  ASSERT_EQ(stopped.exit_code, 0) << stopped.err;
}

std::vector<std::string> leftovers(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (name.find(".import") != std::string::npos) names.push_back(name);
  }
  return names;
}

std::string body_of(const IM::Message::IMGetMsgListRsp& page, int index) {
  return page.msg_list(index).msg_data();
}

// A dump of `users` users and `messages` messages between the first two, in lines of several MiB.
void write_big_dump(const fs::path& path, int users, int messages) {
  std::ofstream file(path, std::ios::binary);
  file << "INSERT INTO `IMMessage_1` (`id`,`fromId`,`toId`,`msgId`,`content`,`created`) VALUES ";
  for (int i = 1; i <= messages; ++i) {
    file << (i == 1 ? "(" : ",(") << i << ',' << (i % 2 + 1) << ',' << (2 - i % 2) << ',' << i << ",'" << i
         << std::string(400, 'x') << "'," << 1'400'000'000 + i << ')';
  }
  file << ";\nINSERT INTO `IMUser` (`id`,`name`,`password`,`salt`) VALUES ";
  const std::string hash = wire_password(wire_password(kPassword) + "salt");
  for (int i = 1; i <= users; ++i) {
    file << (i == 1 ? "(" : ",(") << i << ",'user" << i << "','" << hash << "','salt')";
  }
  file << ";\n-- Dump completed on 2020-01-01\n";
}

TEST(Import, people_log_in_with_their_old_passwords_and_find_what_they_had) {
  Cluster cluster(nobody());
  stop(cluster);
  const Outcome imported = import(cluster, test_dump());
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  EXPECT_NE(imported.out.find("IMUser"), std::string::npos) << imported.out;
  EXPECT_NE(imported.out.find("audio (its sound is not in the database)"), std::string::npos) << imported.out;
  EXPECT_TRUE(leftovers(cluster.directory()).empty());
  cluster.start();

  WireClient wrong(cluster.client_port("msg_server_0"));
  EXPECT_EQ(wrong.try_log_in("alice", "Secret").result_code(), IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED);
  std::string token;
  for (int time = 1; time <= 2; ++time) {  // with the old hash, and with the new one
    WireClient alice(cluster.client_port("msg_server_0"));
    const auto answer = alice.log_in("alice");
    if (time == 1) token = answer.session_token();
    EXPECT_EQ(alice.user_id(), 2u);
    EXPECT_EQ(answer.user_info().user_nick_name(), "Al'ice \"A.\"");
    const auto with_bob = page_of(alice, 3, 0, 10);
    ASSERT_EQ(with_bob.msg_list_size(), 4);
    EXPECT_EQ(with_bob.msg_list(0).msg_id(), 4u);
    EXPECT_EQ(body_of(with_bob, 0), "three");
    EXPECT_EQ(body_of(with_bob, 2), std::string("two\0\x1a", 5));
    EXPECT_EQ(unread_of(alice).total_cnt(), 0u);
    EXPECT_EQ(recent_peers_of(alice).size(), 2u);
  }
  WireClient bob(cluster.client_port("msg_server_1"));
  bob.log_in("bob");
  WireClient world(cluster.client_port("msg_server_1"));
  world.log_in("世界");
  WireClient gone(cluster.client_port("msg_server_1"));
  EXPECT_EQ(gone.try_log_in("gone", kPassword).result_code(), IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED);
  EXPECT_EQ(bob.tell(2, "still there?").msg_id(), 5u);
  IM::Buddy::IMDepartmentReq departments;
  departments.set_user_id(bob.user_id());
  departments.set_latest_update_time(0);
  EXPECT_EQ(bob.ask<IM::Buddy::IMDepartmentRsp>(departments).dept_list_size(), 3);

  // The new hash is what counts from now on, and it has not voided the token that came with it.
  cluster.kill9("msg_server_0");
  cluster.start();
  WireClient again(cluster.client_port("msg_server_0"));
  again.log_in("alice");
  WireClient still_wrong(cluster.client_port("msg_server_0"));
  EXPECT_EQ(still_wrong.try_log_in("alice", "Secret").result_code(), IM::BaseDefine::REFUSE_REASON_DB_VALIDATE_FAILED);
  WireClient with_token(cluster.client_port("msg_server_1"));
  IM::Login::IMLoginReq request;
  request.set_user_name("alice");
  request.set_password("");
  request.set_online_status(IM::BaseDefine::USER_STATUS_ONLINE);
  request.set_client_type(kPc);
  request.set_session_token(token);
  EXPECT_EQ(with_token.ask<IM::Login::IMLoginRes>(request).result_code(), IM::BaseDefine::REFUSE_REASON_NONE);
}

TEST(Import, a_dry_run_tells_the_same_and_changes_nothing) {
  Cluster cluster(nobody());
  const Outcome dry = import(cluster, test_dump(), {"--dry-run", "--json"});
  ASSERT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_NE(dry.out.find("\"dry_run\":true"), std::string::npos);
  EXPECT_TRUE(leftovers(cluster.directory()).empty());
  EXPECT_EQ(cluster.talkctl({"--json", "user", "list"}).out, "[]\n");
  stop(cluster);
  Outcome real = import(cluster, test_dump(), {"--json"});
  ASSERT_EQ(real.exit_code, 0) << real.err;
  std::string expected = dry.out;
  expected.replace(expected.find("true"), 4, "false");
  EXPECT_EQ(real.out, expected);
}

TEST(Import, a_store_that_is_in_use_or_has_users_is_refused) {
  Cluster cluster(nobody());
  const Outcome in_use = import(cluster, test_dump());
  EXPECT_EQ(in_use.exit_code, 1);
  EXPECT_NE(in_use.err.find("is in use: stop the servers first"), std::string::npos) << in_use.err;
  EXPECT_EQ(lines_of(in_use.err).size(), 1u);
  cluster.add_user("alice");
  stop(cluster);
  const Outcome not_empty = import(cluster, test_dump());
  EXPECT_EQ(not_empty.exit_code, 1);
  EXPECT_NE(not_empty.err.find("has users, groups or departments"), std::string::npos) << not_empty.err;
  EXPECT_EQ(import(cluster, test_dump(), {"--dry-run"}).exit_code, 1);
  cluster.start();
  WireClient alice(cluster.client_port("msg_server_0"));
  alice.log_in("alice");
}

TEST(Import, what_is_no_whole_dump_is_refused_with_its_line_and_changes_nothing) {
  Cluster cluster(nobody());
  stop(cluster);
  const fs::path bad = cluster.directory() / "bad.sql";
  const std::string good = contents(test_dump());
  const auto refusal_of = [&](const std::string& text) {
    std::ofstream(bad, std::ios::binary) << text;
    const Outcome outcome = import(cluster, bad);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
    EXPECT_EQ(outcome.out, "");
    return outcome.err;
  };
  EXPECT_NE(refusal_of(good.substr(0, good.size() / 2)).find("line "), std::string::npos);
  EXPECT_NE(refusal_of("").find("no users in it"), std::string::npos);
  EXPECT_NE(refusal_of("SELECT 1;").find("no users in it"), std::string::npos);
  EXPECT_NE(refusal_of("\x1f\x8b\x08 packed").find("compressed"), std::string::npos);
  EXPECT_NE(refusal_of("<html>\x1b[2J</html>").find("line 1"), std::string::npos);
  EXPECT_EQ(import(cluster, cluster.directory() / "none.sql").exit_code, 1);
  EXPECT_EQ(import(cluster, cluster.directory()).exit_code, 1);
  EXPECT_EQ(cluster.talkctl({"import-teamtalk"}).exit_code, 2);
  EXPECT_TRUE(leftovers(cluster.directory()).empty());
  EXPECT_EQ(cluster.talkctl({"--json", "user", "list"}).out, "[]\n");
}

TEST(Import, one_that_is_killed_has_changed_nothing_and_the_next_one_begins_anew) {
  Cluster cluster(nobody());
  stop(cluster);
  const fs::path big = cluster.directory() / "big.sql";
  write_big_dump(big, 5'000, 40'000);
  {
    Program killed(
        {(programs() / "talkctl").string(), "--dir", cluster.directory().string(), "import-teamtalk", big.string()});
    wait_until("the import has begun to write", [&] {
      std::error_code ignored;
      const auto size = fs::file_size(cluster.directory() / "talkbeat.db.import-wal", ignored);
      return !ignored && size > 100'000;
    });
    ::kill(killed.pid(), SIGKILL);
    EXPECT_EQ(killed.wait().exit_code, 128 + SIGKILL);
  }
  EXPECT_FALSE(leftovers(cluster.directory()).empty());
  EXPECT_EQ(cluster.talkctl({"--json", "user", "list"}).out, "[]\n");
  const Outcome again = import(cluster, big);
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_TRUE(leftovers(cluster.directory()).empty());
  cluster.start();
  WireClient last(cluster.client_port("msg_server_0"));
  last.log_in("user5000");
  WireClient first(cluster.client_port("msg_server_1"));
  first.log_in("user1");
  EXPECT_EQ(latest_id_of(first, 2), 40'000u);
  const auto page = page_of(first, 2, 12'345, 1);
  ASSERT_EQ(page.msg_list_size(), 1);
  EXPECT_EQ(body_of(page, 0), "12345" + std::string(400, 'x'));
}

TEST(Import, two_at_once_do_not_get_into_each_others_way) {
  Cluster cluster(nobody());
  stop(cluster);
  const fs::path big = cluster.directory() / "big.sql";
  write_big_dump(big, 2'000, 20'000);
  const std::vector<std::string> command{(programs() / "talkctl").string(), "--dir", cluster.directory().string(),
                                         "import-teamtalk", big.string()};
  Program one(command);
  Program two(command);
  const Outcome first = one.wait();
  const Outcome second = two.wait();
  EXPECT_EQ(first.exit_code + second.exit_code, 1) << first.err << second.err;
  EXPECT_TRUE(leftovers(cluster.directory()).empty());
}

}  // namespace
}  // namespace talkbeat::scenario
