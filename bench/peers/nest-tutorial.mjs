/**
 * A NestJS service as the tutorials write it: Express, TypeORM, passport-jwt, bcrypt, one hashed refresh token in the user's
 * row. Written without a compiler, so decorators are called as functions.
 */
import 'reflect-metadata';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Module,
  Post,
  Req,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import bcrypt from 'bcrypt';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { EntitySchema } from 'typeorm';

const secrets = { access: 'the access secret of the bench', refresh: 'the refresh secret of the bench' };
const rounds = 10;

const User = new EntitySchema({
  name: 'TutorialUser',
  columns: {
    id: { type: 'uuid', primary: true, generated: 'uuid' },
    email: { type: 'text', unique: true },
    passwordHash: { type: 'text' },
    refreshTokenHash: { type: 'text', nullable: true },
  },
});

class AuthController {
  constructor(users, jwt) {
    this.users = users;
    this.jwt = jwt;
  }

  ready() {}

  async register({ email, password }) {
    const user = await this.users.save({ email, passwordHash: await bcrypt.hash(password, rounds) });
    return this.tokens(user);
  }

  async login({ email, password }) {
    const user = await this.users.findOneBy({ email });
    if (!user || !(await bcrypt.compare(password, user.passwordHash))) throw new UnauthorizedException();
    return this.tokens(user);
  }

  async refresh({ refresh_token }) {
    const { sub } = await this.jwt.verifyAsync(refresh_token, { secret: secrets.refresh });
    const user = await this.users.findOneBy({ id: sub });
    if (!user?.refreshTokenHash || !(await bcrypt.compare(refresh_token, user.refreshTokenHash))) {
      throw new UnauthorizedException();
    }
    return this.tokens(user);
  }

  me(request) {
    return request.user;
  }

  async tokens({ id, email }) {
    const claims = { sub: id, email };
    const [access_token, refresh_token] = await Promise.all([
      this.jwt.signAsync(claims, { secret: secrets.access, expiresIn: '15m' }),
      this.jwt.signAsync(claims, { secret: secrets.refresh, expiresIn: '7d' }),
    ]);
    await this.users.update(id, { refreshTokenHash: await bcrypt.hash(refresh_token, rounds) });
    return { access_token, refresh_token };
  }
}

class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: secrets.access });
  }

  validate({ sub, email }) {
    return { id: sub, email };
  }
}

class AppModule {}

function decorateMethod(name, ...decorators) {
  const { prototype } = AuthController;
  for (const decorator of decorators) {
    decorator(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
  }
}
Inject(getRepositoryToken(User))(AuthController, undefined, 0);
Inject(JwtService)(AuthController, undefined, 1);
for (const name of ['register', 'login', 'refresh']) {
  decorateMethod(name, Post(name), HttpCode(name === 'register' ? 201 : 200));
  Body()(AuthController.prototype, name, 0);
}
decorateMethod('ready', Get('ready'));
decorateMethod('me', Get('me'), UseGuards(AuthGuard('jwt')));
Req()(AuthController.prototype, 'me', 0);
Controller('auth')(AuthController);
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: process.env.DATABASE_URL, entities: [User], synchronize: true }),
    TypeOrmModule.forFeature([User]),
    PassportModule,
    JwtModule.register({}),
  ],
  controllers: [AuthController],
  providers: [JwtStrategy],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error'] });
await app.listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)));
