-- MySQL dump 10.13  Distrib 5.6.35, for Linux (x86_64)
--
-- Host: localhost    Database: teamtalk
-- ------------------------------------------------------
-- Written by hand for the tests: what can be in a dump, and what should not. Passwords of all are "secret".

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
SET @@GLOBAL.GTID_PURGED='a;b';

DROP TABLE IF EXISTS `IMAdmin`;
CREATE TABLE `IMAdmin` (
  `id` mediumint(6) unsigned NOT NULL AUTO_INCREMENT,
  `uname` varchar(40) NOT NULL COMMENT 'the administrator''s name',
  `pwd` char(32) NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `IMAdmin` VALUES (1,'admin','21232f297a57a5a743894a0e4a801fc3');

DROP TABLE IF EXISTS `IMAudio`;
CREATE TABLE `IMAudio` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
  `fromId` int(11) unsigned NOT NULL,
  `toId` int(11) unsigned NOT NULL,
  `path` varchar(255) DEFAULT '',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `IMAudio` VALUES (1,2,3,'http://127.0.0.1/g0/a.audio');

DROP TABLE IF EXISTS `IMDepart`;
CREATE TABLE `IMDepart` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT COMMENT 'the department''s id',
  `departName` varchar(64) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `priority` int(11) unsigned NOT NULL DEFAULT '0',
  `parentId` int(11) unsigned NOT NULL,
  `status` int(11) unsigned NOT NULL DEFAULT '0',
  `created` int(11) unsigned NOT NULL,
  `updated` int(11) unsigned NOT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_departName` (`departName`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `IMDepart` WRITE;
/*!40000 ALTER TABLE `IMDepart` DISABLE KEYS */;
INSERT INTO `IMDepart` VALUES (1,'Company; all',0,0,0,1400000000,1400000000),(3,'Research (R\\D)',2,1,0,1400000000,1400000001),(4,'Closed',1,1,1,1400000000,1400000002),('x','No number',1,1,0,0,0);
/*!40000 ALTER TABLE `IMDepart` ENABLE KEYS */;
UNLOCK TABLES;

DROP TABLE IF EXISTS `IMGroup`;
CREATE TABLE `IMGroup` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(256) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `avatar` varchar(256) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `creator` int(11) unsigned NOT NULL DEFAULT '0',
  `type` tinyint(3) unsigned NOT NULL DEFAULT '1',
  `userCnt` int(11) unsigned NOT NULL DEFAULT '0',
  `status` tinyint(3) unsigned NOT NULL DEFAULT '1',
  `version` int(11) unsigned NOT NULL DEFAULT '1',
  `lastChated` int(11) unsigned NOT NULL DEFAULT '0',
  `updated` int(11) unsigned NOT NULL DEFAULT '0',
  `created` int(11) unsigned NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`),
  KEY `idx_name` (`name`(191))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO `IMGroup` VALUES (5,'everybody','',1,1,4,0,7,0,1400000000,1400000000),(6,'dissolved','',1,2,2,1,2,0,0,0),(8,'lunch','',99,2,1,0,0,0,0,1400000000);

DROP TABLE IF EXISTS `IMGroupMember`;
CREATE TABLE `IMGroupMember` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
  `groupId` int(11) unsigned NOT NULL,
  `userId` int(11) unsigned NOT NULL,
  `status` tinyint(4) unsigned NOT NULL DEFAULT '1',
  `created` int(11) unsigned NOT NULL DEFAULT '0',
  `updated` int(11) unsigned NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `IMGroupMember` VALUES (1,5,1,0,1400000000,0),(2,5,2,0,1400000000,0),(3,5,3,0,1400000500,0),(4,5,8,1,1400000000,0);
INSERT INTO `IMGroupMember` VALUES (5,5,77,0,1400000000,0),(6,6,2,0,1400000000,0),(7,8,3,0,1400000000,0),(8,8,3,0,1400000009,0);

DROP TABLE IF EXISTS `IMGroupMessage_5`;
CREATE TABLE `IMGroupMessage_5` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
  `groupId` int(11) unsigned NOT NULL,
  `userId` int(11) unsigned NOT NULL,
  `msgId` int(11) unsigned NOT NULL,
  `content` varchar(4096) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `type` tinyint(3) unsigned NOT NULL DEFAULT '2',
  `status` int(11) unsigned NOT NULL DEFAULT '0',
  `updated` int(11) unsigned NOT NULL DEFAULT '0',
  `created` int(11) unsigned NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `IMGroupMessage_5` VALUES (1,5,2,1,'g one',17,0,0,1400000100),(2,5,8,2,'g two, of one who has left',17,0,0,1400000200),(3,5,1,4,'g four',17,0,0,1400000700),(4,5,1,3,'g three',17,0,0,1400000600),(5,5,1,5,'17',18,0,0,1400000800),(6,5,1,6,'deleted',17,1,0,1400000900),(7,5,77,7,'of nobody',17,0,0,1400000900);
DROP TABLE IF EXISTS `IMGroupMessage_6`;
INSERT INTO `IMGroupMessage_6` (`groupId`,`userId`,`msgId`,`content`,`type`,`status`,`created`) VALUES (6,2,1,'of a group that is gone',17,0,1400000100);

DROP TABLE IF EXISTS `IMMessage_0`;
CREATE TABLE `IMMessage_0` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
  `relateId` int(11) unsigned NOT NULL,
  `fromId` int(11) unsigned NOT NULL,
  `toId` int(11) unsigned NOT NULL,
  `msgId` int(11) unsigned NOT NULL,
  `content` varchar(4096) COLLATE utf8mb4_bin DEFAULT '',
  `type` tinyint(2) unsigned NOT NULL DEFAULT '1',
  `status` tinyint(1) unsigned NOT NULL DEFAULT '0',
  `updated` int(11) unsigned NOT NULL,
  `created` int(11) unsigned NOT NULL,
  PRIMARY KEY (`id`),
  KEY `idx_relateId_status_created` (`relateId`,`status`,`created`)
) ENGINE=InnoDB;
INSERT INTO `IMMessage_0` VALUES (1,8,2,3,3,'one; it\'s ''quoted'' \\ \"so\"\r\n',1,0,0,1400000001),(2,8,3,2,5,_binary 'two\0\Z',1,0,0,1400000002),
(3,8,2,3,9,0x7468726565,1,0,0,1400000003)
,(4,8,2,3,10,'1',2,0,0,1400000004),(5,8,2,3,11,'deleted',1,1,0,1400000005),(6,8,2,3,12,NULL,1,0,0,1400000006),(7,8,2,3,8,'two and a half',1,0,0,1400000002),(8,8,2,3,13,'strange',99,0,0,1400000007);
INSERT INTO `IMMessage_0` VALUES (9,16,2,77,1,'to nobody',1,0,0,1400000001),(10,24,2,2,1,'to oneself',1,0,0,1400000001);
DROP TABLE IF EXISTS `IMMessage_7`;
INSERT INTO `teamtalk`.`immessage_7` (`fromId`,`toId`,`msgId`,`content`,`created`,`surplus`) VALUES (7,2,1,'你好',1400000001,'x');

CREATE TABLE `IMRecentSession` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT,
  `userId` int(11) unsigned NOT NULL,
  `peerId` int(11) unsigned NOT NULL,
  `type` tinyint(1) unsigned DEFAULT '0',
  `status` tinyint(1) unsigned DEFAULT '0',
  `created` int(11) unsigned NOT NULL DEFAULT '0',
  `updated` int(11) unsigned NOT NULL DEFAULT '0',
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `IMRecentSession` VALUES (1,2,3,1,0,0,1400000003),(2,3,2,1,0,0,0),(3,2,7,1,1,0,0),(4,2,99,1,1,0,0),(5,2,5,2,0,0,0);
CREATE TABLE `IMRelationShip` (`id` int, `smallId` int, `bigId` int, `status` int, `created` int, `updated` int);
INSERT INTO `IMRelationShip` VALUES (8,2,3,0,0,0);

/*!50003 SET sql_mode = 'NO_ENGINE_SUBSTITUTION' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `IMUser` FOR EACH ROW BEGIN SET @a = 1; END */;;
CREATE PROCEDURE `p`() BEGIN INSERT INTO IMUser VALUES (1,2,3); SELECT 'it;;s'; END ;;
DELIMITER ;

DROP TABLE IF EXISTS `IMUser`;
CREATE TABLE `IMUser` (
  `id` int(11) unsigned NOT NULL AUTO_INCREMENT COMMENT 'id',
  `sex` tinyint(1) unsigned NOT NULL DEFAULT '0' COMMENT '1 male, 2 female, 0 unknown',
  `name` varchar(32) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `domain` varchar(32) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `nick` varchar(32) COLLATE utf8mb4_bin DEFAULT '',
  `password` varchar(32) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `salt` varchar(4) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `phone` varchar(11) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `email` varchar(64) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `avatar` varchar(255) COLLATE utf8mb4_bin DEFAULT '',
  `departId` int(11) unsigned NOT NULL,
  `status` tinyint(2) unsigned DEFAULT '0',
  `created` int(11) unsigned NOT NULL,
  `updated` int(11) unsigned NOT NULL,
  `push_shield_status` tinyint(1) unsigned NOT NULL DEFAULT '0',
  `sign_info` varchar(128) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  KEY `idx_domain` (`domain`),
  KEY `idx_name` (`name`),
  KEY `idx_phone` (`phone`)
) ENGINE=InnoDB AUTO_INCREMENT=13 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
LOCK TABLES `IMUser` WRITE;
INSERT INTO `IMUser` VALUES (1,1,'admin','pinyin1','Root''s','52eec29fc4aa31be38b903f336ae9f81','4321','13800000001','','',1,0,1400000000,1400000001,0,''),(2,2,'alice','pinyin2','Al\'ice \"A.\"','c2daef79d17aede7189b283d47d6b92b','ab12','13800000002','alice@example.com','http://127.0.0.1:8700/g0/000/000/a.jpg',1,0,1400000000,1400000002,1,'hello; world),(2'),(3,1,_binary 'bob','pinyin3',NULL,'ad5a7bdbc75dd6202af35c4707ab1491','\'\\$x','13800000003','','',1,0,1400000000,1400000003,0,''),(7,1,'世界','pinyin7','世界\n小','74562b7152baa709332dee5c35efe569','zzzz','13800000007','','',3,0,1400000000,1400000007,0,''),(8,1,'gone','pinyin8','Gone','b0676dc07a28ef1caa8b09db396cef3e','0000','13800000008','','',1,3,1400000000,1400000008,0,''),(9,1,'nopass','pinyin9','No Password','','0000','13800000009','','',1,0,1400000000,1400000009,0,'');
INSERT INTO `IMUser` VALUES
(10,1,'bob','pinyin10','Second Bob','b0676dc07a28ef1caa8b09db396cef3e','0000','13800000010','','',1,0,1400000000,1400000010,0,''),
(11,1,'tab\there','pinyin11','Tab','b0676dc07a28ef1caa8b09db396cef3e','0000','13800000011','','',1,0,1400000000,1400000011,0,''),
(12,1,0x6361726f6c,'pinyin12',0x4361726F6C,'b0676dc07a28ef1caa8b09db396cef3e','0000','13800000012','','',1,0,1400000000,1400000012,0,'bad \Z control');
UNLOCK TABLES;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;

-- Dump completed on 2020-01-01  0:00:00
